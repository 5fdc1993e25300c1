/* The parameter search of sixteen contexts at once; see search_lanes.c. */

#ifndef NNC_SEARCH_LANES_H
#define NNC_SEARCH_LANES_H

#include <stdint.h>

enum {
    CANDIDATES = 9,
    /* So many candidates are left once a search has narrowed. */
    FEW_CANDIDATES = 5,
    /* Bytes that may be read, or written, past the bins of a context. */
    BINS_BEYOND = 64,
    /* With fewer contexts counting one by one is faster. */
    FEWEST_SEARCHES = 3
};

/* A parameter set that a context may get, and what it has come to. */
typedef struct {
    int64_t cost;
    /* The slow counter plus 2048 in bits 0 to 11, its shift less 4 above; the fast counter plus
    128 in bits 16 to 23, its shift above. */
    uint32_t word;
    int32_t parameter_set;
} Candidate;

/* The search of one context: `filled` bins wait, of which `counted` are. */
typedef struct {
    Candidate candidates[CANDIDATES];
    int64_t bins;
    unsigned char *buffer;
    int32_t remaining;
    int32_t filled;
    int32_t counted;
    /* How many of the bins are to be counted now. */
    int32_t stop;
} ContextSearch;

typedef struct {
    /* Costs of bins 0 and 1 by q / 128 + 32. */
    uint16_t costs[2][64];
    /* By 32 * shift + upper bits of a counter: how far that moves. */
    uint8_t curve[128];
} SearchTables;

/* Count the bins of searches up to the stop of each, the longest first, for so many candidates:
CANDIDATES or FEW_CANDIDATES. The last few may be left over. */
void search_in_lanes(
    ContextSearch **searches, int64_t count, int candidates, const SearchTables *tables);

/* Append a bin for each of some values, whether it is at least a threshold, to those of a search;
keep these values only, and return how many. As many more than there are may be overwritten as a
register holds. */
int64_t sift_in_lanes(uint32_t *values, int64_t count, uint32_t threshold, ContextSearch *search);

/* Go on after a number of levels that is a multiple of 16, from a state of dependent quantization to
the next. `steps` has by 256 * state + parities of 8 levels, the first in bit 0: the state after
them, and from bit 8 on which of the states before them are odd. Return 0 if all levels that
aren't 0 are as odd as their states. */
uint32_t pass_in_lanes(const int32_t *levels, int64_t count, const uint16_t *steps, int *state);

/* Magnitudes of positive and of negative levels, and of those beyond the flags, as
engine_search.py sifts them; there is room for 16 more than there are. */
typedef struct {
    uint32_t *magnitudes[3];
    int64_t counts[3];
} Sifted;

/* Collect the bins of sig_flag and of sign_flag of a number of levels that is a multiple of 64, with
`flags` greater-than flags, and append their magnitudes. `states` has the 8 states that `steps` goes
through, a byte each; without dq neither is looked at. Return 0 if all parities fit. */
uint64_t collect_in_lanes(
    const int32_t *levels, int64_t count, int dq, uint32_t flags, const uint16_t *steps,
    const uint64_t *states, int *state, int *neighbour, ContextSearch *sig_flags,
    ContextSearch *sign_flags, Sifted *sifted);

#endif
