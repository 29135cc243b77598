/**
 * Where in a .zkey what is, read by no code of the prover's: snarkjs's format (container of sections, little-endian).
 */

export interface ZkeySection {
  readonly id: number;
  /** Of its content; its own header is the twelve bytes before. */
  readonly offset: number;
  readonly size: number;
}

export interface ZkeyLayout {
  readonly sections: readonly ZkeySection[];
}

export const ZKEY_SECTIONS: Readonly<Record<number, string>> = {
  1: "protocol", 2: "header", 3: "IC", 4: "coefficients", 5: "A", 6: "B1", 7: "B2", 8: "C", 9: "H", 10: "contributions",
};

export function readZkeyLayout(zkey: Buffer): ZkeyLayout {
  const sections: ZkeySection[] = [];
  for (let at = 12; at < zkey.length; ) {
    const size = Number(zkey.readBigUInt64LE(at + 4));
    sections.push({ id: zkey.readUInt32LE(at), offset: at + 12, size });
    at += 12 + size;
  }
  return { sections };
}

/** The content's offset of a section that is there. */
export function sectionOf({ sections }: ZkeyLayout, id: number): ZkeySection {
  const section = sections.find((each) => each.id === id);
  if (section === undefined) throw new Error(`the key has no section ${id}`);
  return section;
}

/** "container", "header of A", "A 12": the section and the byte in it. */
export function sectionAt({ sections }: ZkeyLayout, at: number): string {
  const section = sections.find(({ offset, size }) => at < offset + size);
  if (section === undefined || at < 12) return `container ${at}`;
  const name = ZKEY_SECTIONS[section.id] ?? String(section.id);
  return at < section.offset ? `header of ${name}, byte ${at - section.offset + 12}` : `${name}, byte ${at - section.offset}`;
}
