// snarkjs ships no types. Only what this project uses.
declare module "snarkjs" {
  type SnarkFile = string | Uint8Array | { type: "mem"; data?: Uint8Array } | { type: "bigMem" };

  interface SnarkLogger {
    debug(message: string): void;
    info(message: string): void;
    warn(message: string): void;
    error(message: string): void;
  }

  interface SnarkProof {
    pi_a: string[];
    pi_b: string[][];
    pi_c: string[];
    protocol: string;
    curve: string;
  }

  interface SnarkVerificationKey {
    protocol: string;
    curve: string;
    nPublic: number;
    vk_alpha_1: string[];
    vk_beta_2: string[][];
    vk_gamma_2: string[][];
    vk_delta_2: string[][];
    vk_alphabeta_12?: string[][][];
    IC: string[][];
  }

  export const groth16: {
    prove(
      zkey: SnarkFile,
      witness: SnarkFile,
      logger?: SnarkLogger,
      options?: { singleThread?: boolean },
    ): Promise<{ proof: SnarkProof; publicSignals: string[] }>;
    verify(
      key: unknown,
      publicSignals: readonly string[],
      proof: unknown,
      logger?: SnarkLogger,
    ): Promise<boolean>;
  };

  export const zKey: {
    newZKey(r1cs: SnarkFile, ptau: SnarkFile, zkey: SnarkFile, logger?: SnarkLogger): Promise<Uint8Array | -1>;
    contribute(
      before: SnarkFile,
      after: SnarkFile,
      name: string,
      entropy: string,
      logger?: SnarkLogger,
    ): Promise<Uint8Array>;
    beacon(
      before: SnarkFile,
      after: SnarkFile,
      name: string,
      beaconHash: string,
      iterationsPower: number,
      logger?: SnarkLogger,
    ): Promise<Uint8Array | false>;
    verifyFromR1cs(r1cs: SnarkFile, ptau: SnarkFile, zkey: SnarkFile, logger?: SnarkLogger): Promise<boolean>;
    exportVerificationKey(zkey: SnarkFile, logger?: SnarkLogger): Promise<SnarkVerificationKey>;
  };

  export const wtns: {
    calculate(input: unknown, wasm: SnarkFile, witness: SnarkFile): Promise<void>;
    exportJson(witness: SnarkFile): Promise<bigint[]>;
  };

  export const powersOfTau: {
    verify(ptau: SnarkFile, logger?: SnarkLogger): Promise<boolean>;
  };

  export const curves: {
    getCurveFromName(name: string): Promise<{ terminate(): Promise<void> }>;
  };
}
