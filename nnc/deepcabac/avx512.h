/* What functions are compiled for that run where the processor has AVX-512, and only there. */

#ifndef NNC_AVX512_H
#define NNC_AVX512_H

#if defined(__x86_64__) && (defined(__GNUC__) || defined(__clang__))

#define NNC_AVX512 1

#include <immintrin.h>

#define FEATURES "avx512f,avx512bw,avx512dq,avx512vl,avx512cd,avx512vbmi,avx512vbmi2,popcnt,bmi"
#define TARGET __attribute__((target(FEATURES)))
#define INLINE static inline TARGET __attribute__((always_inline))

#else

#define NNC_AVX512 0

#endif

#endif
