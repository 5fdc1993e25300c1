/* Sixteen codewords written at once, in the lanes of one register; see writing_lanes.c. */

#ifndef NNC_WRITING_LANES_H
#define NNC_WRITING_LANES_H

#include <stdint.h>

enum {
    /* Greater-than flags that there are contexts for. */
    WRITTEN_FLAGS = 16,
    /* Where the contexts of each kind begin, and how many there are in all. */
    WRITTEN_SIGN = 24,
    WRITTEN_PREFIX = 27,
    WRITTEN_GREATER = 58,
    WRITTEN_CONTEXTS = 58 + 2 * 16,
    /* With fewer streams the scalar coder is faster. */
    WRITTEN_FEWEST = 4
};

typedef struct {
    /* By 32 * shift + upper bits of a counter: how far that moves. */
    uint8_t curve[128];
    /* LPS ranges as clause 10 has them. */
    uint8_t lps[256];
    /* The next state by 2 * state + parity; without dq 0. */
    uint32_t transitions[16];
    int32_t dq;
    int32_t flags;
} WritingTables;

typedef struct {
    /* The coder, as engine_writing.pxd has it. */
    uint64_t low;
    uint32_t range;
    int32_t bits;
    uint8_t *output;
    int64_t written;
    int64_t capacity;
    /* The levels that are left, and where they stand. */
    const int32_t *levels;
    int64_t count;
    int32_t state;
    int32_t neighbour;
    /* WRITTEN_CONTEXTS words, as lanes.c has them: sig_flag by 3 * state + neighbour, sign_flag,
    prefix bins, greater-than flags by 2 * flag + sign. */
    uint32_t *contexts;
} WrittenStream;

/* Write streams, the longest first. The last few may be left over in part, with a count above 0.
Return -1 if there is no memory: they are good for nothing then, but their outputs are to be freed. */
int write_in_lanes(WrittenStream *streams, int64_t count, const WritingTables *tables);

#endif
