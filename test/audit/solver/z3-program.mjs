// Runs the SMT-LIB program on standard input with z3 and prints what it prints. A program of its own, so that a time limit ends it with its threads.
import { readFileSync, writeSync } from "node:fs";
import { init } from "z3-solver";

const { Z3 } = await init();
const context = Z3.mk_context(Z3.mk_config());
const answer = await Z3.eval_smtlib2_string(context, readFileSync(0, "utf8"));
writeSync(1, answer);
process.exit(0);
