import { HDNodeWallet, type JsonRpcProvider } from "ethers";

/** The first accounts of anvil's well-known mnemonic. */
export function anvilWallet(index: number, provider: JsonRpcProvider): HDNodeWallet {
  const phrase = "test test test test test test test test test test test junk";
  return HDNodeWallet.fromPhrase(phrase, undefined, `m/44'/60'/0'/0/${index}`).connect(provider);
}
