// Montgomery multiplication with mulx and the two independent carry chains of adcx and adox.
// For processors that have BMI2 and ADX: see `AdxMultiply::available`.
//
// The whole product first, then the reduction in two steps of two words each: twice the wait for a factor m of the modulus, not
// four times, which is worth the two multiplications that it costs (for the method: Koc, Acar and Kaliski, "Analyzing and
// comparing Montgomery multiplication algorithms", 1996: separated operand scanning, here with 128-bit digits in pairs of rows).
#pragma once

#if defined(__x86_64__)

#include "element.hpp"

// (t0 ... t4) = (t0 ... t3) + rdx b, low halves by adcx, high ones by adox, where both carries are clear, and are at the end.
#define ZKMARGIN_ADX_PRODUCT_ROW(limb, t0, t1, t2, t3, t4, high) \
  "movq " limb "(%[a]), %%rdx\n\t"                               \
  "xorl %k[" t4 "], %k[" t4 "]\n\t"                              \
  "mulxq (%[b]), %[low], %[" high "]\n\t"                        \
  "adcxq %[low], %[" t0 "]\n\t"                                  \
  "adoxq %[" high "], %[" t1 "]\n\t"                             \
  "mulxq 8(%[b]), %[low], %[" high "]\n\t"                       \
  "adcxq %[low], %[" t1 "]\n\t"                                  \
  "adoxq %[" high "], %[" t2 "]\n\t"                             \
  "mulxq 16(%[b]), %[low], %[" high "]\n\t"                      \
  "adcxq %[low], %[" t2 "]\n\t"                                  \
  "adoxq %[" high "], %[" t3 "]\n\t"                             \
  "mulxq 24(%[b]), %[low], %[" high "]\n\t"                      \
  "adcxq %[low], %[" t3 "]\n\t"                                  \
  "adoxq %[" t4 "], %[" high "]\n\t"                             \
  "adcxq %[" high "], %[" t4 "]\n\t"

// (m, rdx) = (t1, t0) (-1/p) mod 2^128, and both carries clear.
#define ZKMARGIN_ADX_FACTOR(t0, t1)  \
  "movq %[" t0 "], %%rdx\n\t"        \
  "mulxq 32(%[p]), %[low], %[m]\n\t" \
  "imulq 40(%[p]), %%rdx\n\t"        \
  "addq %%rdx, %[m]\n\t"             \
  "movq %[" t1 "], %%rdx\n\t"        \
  "imulq 32(%[p]), %%rdx\n\t"        \
  "addq %%rdx, %[m]\n\t"             \
  "movq %[low], %%rdx\n\t"           \
  "xorl %k[high], %k[high]\n\t"

// xor, where both carries are clear already, frees the next row from waiting for this one's.
#define ZKMARGIN_ADX_SECOND_FACTOR \
  "movq %[m], %%rdx\n\t"           \
  "xorl %k[high], %k[high]\n\t"

// (t0 ... t4) += rdx p, where rdx makes t0 zero. `carry` holds the carry of the row before into t4, and t0 that into the next word.
// The top word of p is below 2^62, so adding `carry` to the high half that goes to t4 can't overflow. Leaves both carries clear.
#define ZKMARGIN_ADX_REDUCE_ROW(carry, t0, t1, t2, t3, t4, next) \
  "mulxq (%[p]), %[low], %[high]\n\t"                            \
  "adcxq %[low], %[" t0 "]\n\t"                                  \
  "adoxq %[high], %[" t1 "]\n\t"                                 \
  "mulxq 8(%[p]), %[low], %[high]\n\t"                           \
  "adcxq %[low], %[" t1 "]\n\t"                                  \
  "adoxq %[high], %[" t2 "]\n\t"                                 \
  "mulxq 16(%[p]), %[low], %[high]\n\t"                          \
  "adcxq %[low], %[" t2 "]\n\t"                                  \
  "adoxq %[high], %[" t3 "]\n\t"                                 \
  "mulxq 24(%[p]), %[low], %[high]\n\t"                          \
  "adcxq %[low], %[" t3 "]\n\t"                                  \
  "adoxq %[" carry "], %[high]\n\t"                              \
  "adcxq %[high], %[" t4 "]\n\t" next

namespace zkmargin {

/** The same function as PortableMultiply, with additions to go with it. */
struct AdxMultiply {
  /** Whether this processor can run it. */
  static bool available() { return __builtin_cpu_supports("bmi2") != 0 && __builtin_cpu_supports("adx") != 0; }

  template <class Params>
  static inline void multiply(Words& product, const Words& a, const Words& b) {
    static constexpr std::array<std::uint64_t, 6> constants = withInverse(Params::modulus);
    std::uint64_t t0, t1, t2, t3, t4, t5, t6, t7, low, high, m;
    const std::uint64_t* pointer = a.data();
    // One register less: `high` is t7 until the last row, which has no more use for the pointer.
    asm("movq (%[a]), %%rdx\n\t"
        "mulxq (%[b]), %[t0], %[t1]\n\t"
        "mulxq 8(%[b]), %[low], %[t2]\n\t"
        "addq %[low], %[t1]\n\t"
        "mulxq 16(%[b]), %[low], %[t3]\n\t"
        "adcq %[low], %[t2]\n\t"
        "mulxq 24(%[b]), %[low], %[t4]\n\t"
        "adcq %[low], %[t3]\n\t"
        "adcq $0, %[t4]\n\t"
        ZKMARGIN_ADX_PRODUCT_ROW("8", "t1", "t2", "t3", "t4", "t5", "t7")
        ZKMARGIN_ADX_PRODUCT_ROW("16", "t2", "t3", "t4", "t5", "t6", "t7")
        ZKMARGIN_ADX_PRODUCT_ROW("24", "t3", "t4", "t5", "t6", "t7", "a")
        : [t0] "=&r"(t0), [t1] "=&r"(t1), [t2] "=&r"(t2), [t3] "=&r"(t3), [t4] "=&r"(t4), [t5] "=&r"(t5), [t6] "=&r"(t6),
          [t7] "=&r"(t7), [low] "=&r"(low), [a] "+&r"(pointer)
        : [b] "r"(b.data()), "m"(a), "m"(b)
        : "rdx", "cc");
    asm(ZKMARGIN_ADX_FACTOR("t0", "t1")
        // After a row its lowest word is zero: there goes the carry.
        ZKMARGIN_ADX_REDUCE_ROW("t0", "t0", "t1", "t2", "t3", "t4", "adcq $0, %[t0]\n\t" ZKMARGIN_ADX_SECOND_FACTOR)
        ZKMARGIN_ADX_REDUCE_ROW("t0", "t1", "t2", "t3", "t4", "t5", "adcq $0, %[t1]\n\t")
        ZKMARGIN_ADX_FACTOR("t2", "t3")
        ZKMARGIN_ADX_REDUCE_ROW("t1", "t2", "t3", "t4", "t5", "t6", "adcq $0, %[t2]\n\t" ZKMARGIN_ADX_SECOND_FACTOR)
        ZKMARGIN_ADX_REDUCE_ROW("t2", "t3", "t4", "t5", "t6", "t7", "")
        "movq %[t4], %[t0]\n\t"
        "movq %[t5], %[t1]\n\t"
        "movq %[t6], %[t2]\n\t"
        "movq %[t7], %[t3]\n\t"
        "subq (%[p]), %[t0]\n\t"
        "sbbq 8(%[p]), %[t1]\n\t"
        "sbbq 16(%[p]), %[t2]\n\t"
        "sbbq 24(%[p]), %[t3]\n\t"
        "cmovcq %[t4], %[t0]\n\t"
        "cmovcq %[t5], %[t1]\n\t"
        "cmovcq %[t6], %[t2]\n\t"
        "cmovcq %[t7], %[t3]\n\t"
        : [t0] "+&r"(t0), [t1] "+&r"(t1), [t2] "+&r"(t2), [t3] "+&r"(t3), [t4] "+&r"(t4), [t5] "+&r"(t5), [t6] "+&r"(t6),
          [t7] "+&r"(t7), [low] "=&r"(low), [high] "=&r"(high), [m] "=&r"(m)
        : [p] "r"(constants.data())
        : "rdx", "cc");
    product = {t0, t1, t2, t3};
  }

  template <class Params>
  static inline void add(Words& sum, const Words& a, const Words& b) {
    static constexpr Words p = Params::modulus;
    std::uint64_t s0 = a[0], s1 = a[1], s2 = a[2], s3 = a[3], r0, r1, r2, r3;
    asm("addq (%[b]), %[s0]\n\t"
        "adcq 8(%[b]), %[s1]\n\t"
        "adcq 16(%[b]), %[s2]\n\t"
        "adcq 24(%[b]), %[s3]\n\t"
        "movq %[s0], %[r0]\n\t"
        "movq %[s1], %[r1]\n\t"
        "movq %[s2], %[r2]\n\t"
        "movq %[s3], %[r3]\n\t"
        "subq (%[p]), %[r0]\n\t"
        "sbbq 8(%[p]), %[r1]\n\t"
        "sbbq 16(%[p]), %[r2]\n\t"
        "sbbq 24(%[p]), %[r3]\n\t"
        "cmovcq %[s0], %[r0]\n\t"
        "cmovcq %[s1], %[r1]\n\t"
        "cmovcq %[s2], %[r2]\n\t"
        "cmovcq %[s3], %[r3]\n\t"
        : [s0] "+&r"(s0), [s1] "+&r"(s1), [s2] "+&r"(s2), [s3] "+&r"(s3), [r0] "=&r"(r0), [r1] "=&r"(r1), [r2] "=&r"(r2), [r3] "=&r"(r3)
        : [b] "r"(b.data()), [p] "r"(p.data()), "m"(b)
        : "cc");
    sum = {r0, r1, r2, r3};
  }

  template <class Params>
  static inline void subtract(Words& difference, const Words& a, const Words& b) {
    static constexpr Words p = Params::modulus;
    std::uint64_t d0 = a[0], d1 = a[1], d2 = a[2], d3 = a[3], r0 = p[0], r1 = p[1], r2 = p[2], r3 = p[3];
    // Adding the modulus carries out of the top exactly when the difference was negative.
    asm("subq (%[b]), %[d0]\n\t"
        "sbbq 8(%[b]), %[d1]\n\t"
        "sbbq 16(%[b]), %[d2]\n\t"
        "sbbq 24(%[b]), %[d3]\n\t"
        "addq %[d0], %[r0]\n\t"
        "adcq %[d1], %[r1]\n\t"
        "adcq %[d2], %[r2]\n\t"
        "adcq %[d3], %[r3]\n\t"
        "cmovcq %[r0], %[d0]\n\t"
        "cmovcq %[r1], %[d1]\n\t"
        "cmovcq %[r2], %[d2]\n\t"
        "cmovcq %[r3], %[d3]\n\t"
        : [d0] "+&r"(d0), [d1] "+&r"(d1), [d2] "+&r"(d2), [d3] "+&r"(d3), [r0] "+&r"(r0), [r1] "+&r"(r1), [r2] "+&r"(r2), [r3] "+&r"(r3)
        : [b] "r"(b.data()), "m"(b)
        : "cc");
    difference = {d0, d1, d2, d3};
  }

 private:
  /** p, and -1/p mod 2^128 */
  static constexpr std::array<std::uint64_t, 6> withInverse(const Words& p) {
    const unsigned __int128 modulus = (static_cast<unsigned __int128>(p[1]) << 64) | p[0];
    unsigned __int128 inverse = 1;
    // Newton: the number of right bits doubles with each step.
    for (int i = 0; i < 7; i++) inverse *= 2 - modulus * inverse;
    inverse = ~inverse + 1;
    return {p[0], p[1], p[2], p[3], static_cast<std::uint64_t>(inverse), static_cast<std::uint64_t>(inverse >> 64)};
  }
};

}  // namespace zkmargin

#undef ZKMARGIN_ADX_PRODUCT_ROW
#undef ZKMARGIN_ADX_FACTOR
#undef ZKMARGIN_ADX_SECOND_FACTOR
#undef ZKMARGIN_ADX_REDUCE_ROW

#endif
