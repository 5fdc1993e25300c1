/* What rate_blocks.pxd does four states at a time, done eight at a time; see rate_wide.c. */

#ifndef NNC_RATE_WIDE_H
#define NNC_RATE_WIDE_H

#include <stdint.h>

/* Whether the processor has AVX2. */
int wide_supported(void);

/* Arguments and results are those of nnc_advance, but that `coded` is what wide_measure gives, and
that after up to 16 steps the smallest cost is made 0. */
void wide_advance(
    const int32_t *branches, const int32_t *after_zero, const int32_t *after_coded,
    const int32_t *zeros, const int32_t *coded, int count, int32_t *costs, uint32_t *decisions);

/* Arguments and results are those of nnc_measure, but that the costs of each value are those of the
subsets 0, 3, 1, 2, and only once. */
void wide_measure(
    const int32_t *magnitudes, const int32_t *rows, const int32_t *wholes, const float *rests,
    const int32_t *limits, int32_t top, int32_t forbidden, float one, int count,
    int32_t *coded, uint32_t *decisions);

/* Find indices from the magnitudes that stand there, complements where the value is negative, and
from what mark_dependent (rate_path.pxd) left in the decisions. */
void wide_indices(const uint32_t *decisions, int64_t count, int32_t *indices);

/* What is known of up to 256 values of float32 without base levels or a history; `rate_blocks.Block`
says what it is. Fields have room for a multiple of eight. */
typedef struct {
    int32_t *wholes;
    float *rests;
    int32_t *signs;
    int32_t *limits;
    int32_t *zeros;
    int32_t *after_zero;
    int32_t *after_coded;
    int32_t *rows;
} WideBlock;

typedef struct {
    float step, largest, reach, one;
    int32_t most_negative, most_positive, forbidden, row;
} WideTask;

/* Fill in the fields and the indices; where it `goes_on`, there is a value before the first. Return
how many values are refused. */
int wide_prepare(
    const float *values, int count, int goes_on, const WideTask *task, const WideBlock *block,
    int32_t *indices);

#endif
