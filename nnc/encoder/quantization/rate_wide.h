/* What rate_trellis.pxd does four states at a time, done eight at a time; see rate_wide.c. */

#ifndef NNC_RATE_WIDE_H
#define NNC_RATE_WIDE_H

#include <stdint.h>

/* Whether the processor has AVX2. */
int wide_supported(void);

/* Arguments and results are those of nnc_advance, but that after up to 16 steps the smallest cost is
made 0. */
void wide_advance(
    const int32_t *branches, const int32_t *after_zero, const int32_t *after_coded,
    const int32_t *zeros, const int32_t *coded, const int32_t *wholes, int count,
    int32_t *costs, uint32_t *decisions);

/* Arguments and results are those of nnc_measure. */
void wide_measure(
    const int32_t *magnitudes, const int32_t *rows, const int32_t *wholes, const float *rests,
    const int32_t *limits, int32_t top, int32_t forbidden, float one, int count,
    int32_t *coded, uint32_t *decisions);

#endif
