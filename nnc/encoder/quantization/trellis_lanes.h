/* The trellis of dependent quantization, eight pieces of a sequence at once; see trellis_lanes.c. */

#ifndef NNC_TRELLIS_LANES_H
#define NNC_TRELLIS_LANES_H

#include <stdint.h>

enum {
    PIECES = 8,
    STATES = 8,
    /* Steps of a history. */
    GROUP = 32
};

/* Carry the costs of eight pieces through so many steps each, a multiple of GROUP.

`values` says where each piece begins, and `costs` what the states cost there, by state and piece,
in the upper halves, the least of a piece 0; both are carried on. The histories of a piece go where
`histories` says, STATES for each GROUP, or nowhere where that is NULL. Return how many values
are more than `limit` steps. */
int64_t trellis_in_lanes(
    const float **values, float step, float limit, int64_t steps,
    uint64_t costs[STATES][PIECES], uint32_t **histories);

/* Find the indices of a whole number of 16 values from the subsets that they are in. */
void rebuild_in_lanes(
    const float *values, float step, const uint8_t *subsets, int64_t count, int32_t *indices);

#endif
