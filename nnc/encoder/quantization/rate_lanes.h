/* The trellis with a rate term, sixteen pieces of a sequence at once; see rate_lanes.c. */

#ifndef NNC_RATE_LANES_H
#define NNC_RATE_LANES_H

#include <stdint.h>

enum { RATE_PIECES = 16, RATE_STATES = 16, RATE_GROUP = 16 };

/* What is the same for all values: float32, without base levels, a history and limits. After so many
values as `restart`, 16 or more, it is as if the level before were 0. */
typedef struct {
    const int32_t *branches, *magnitudes;
    float step, reach, one;
    int32_t forbidden, row, restart;
} RateTask;

/* Carry the costs of the states, by state and piece, through steps of each piece, a multiple of
RATE_GROUP of them; there is a value before the first of each. `until` is how many steps there are
before the next restart. Of each value decisions and index are those of rate_trellis.py; null: they
aren't kept. Return 0 where a value is too large for that, and what is there then means nothing. */
int rate_trellis_in_lanes(
    const float **values, int64_t steps, const RateTask *task,
    int32_t costs[RATE_STATES][RATE_PIECES], int32_t until[RATE_PIECES], uint32_t **decisions,
    int32_t **indices);

/* Go back through steps of each piece, a multiple of RATE_GROUP of them, from the states after them to
those before, and turn decisions into what mark_dependent (rate_path.pxd) leaves there. `before` is
the state before a state and a parity. */
void rate_marks_in_lanes(
    uint32_t **decisions, int64_t steps, int32_t states[RATE_PIECES],
    const int32_t before[16]);

/* Return the state before steps if the best paths to all states after them come from one, or -1. */
int rate_state_before(const uint32_t *decisions, int64_t steps, const int32_t before[16]);

#endif
