#!/usr/bin/env bash
# Makes the files in this folder out of pictures that ffmpeg computes.
set -euo pipefail
cd "$(dirname "$0")"

# make NAME SOURCE FRAMES OPTIONS...
make() {
    local name=$1 source=$2 frames=$3
    shift 3
    ffmpeg -loglevel error -y -f lavfi -i "$source" -frames:v "$frames" -threads 1 "$@" \
        -f obu "$name.obu"
}
small=testsrc2=size=64x48:rate=25
libaom="-c:v libaom-av1 -cpu-used 6 -crf 60"
# shellcheck disable=SC2086
{
    make low_delay "$small" 4 -pix_fmt yuv420p $libaom -usage realtime -lag-in-frames 0
    make reordered "$small" 12 -pix_fmt yuv420p $libaom -lag-in-frames 12 -g 20
    make resilient "$small" 6 -pix_fmt yuv420p $libaom -lag-in-frames 0 -aom-params error-resilient=1
    make lossless "testsrc2=size=32x24:rate=25" 2 -pix_fmt yuv420p -c:v libaom-av1 -cpu-used 8 -aom-params lossless=1
    make gray10 "$small" 2 -pix_fmt gray10le $libaom
    make yuv444 "$small" 2 -pix_fmt yuv444p $libaom
    make yuv422_12 "$small" 2 -pix_fmt yuv422p12le $libaom
    make rgb "$small" 2 -pix_fmt gbrp $libaom
    make grain "$small" 4 -pix_fmt yuv420p $libaom -aom-params film-grain-test=3
    make grain_table "$small" 3 -pix_fmt yuv444p $libaom -aom-params film-grain-test=12
    make still "$small" 1 -pix_fmt yuv420p $libaom -still-picture 1
    make tiles "color=gray:size=512x256:rate=25" 2 -pix_fmt yuv420p $libaom -tiles 2x2 -row-mt 0
    make screen "testsrc2=size=64x64:rate=25" 3 -pix_fmt yuv420p $libaom -aom-params tune-content=screen:enable-palette=1
    make quantizers "$small" 4 -pix_fmt yuv420p $libaom -aom-params enable-qm=1:deltaq-mode=1:aq-mode=1:enable-tpl-model=1
    make segments "mandelbrot=size=64x64:rate=25" 4 -pix_fmt yuv420p $libaom -usage realtime -lag-in-frames 0 -aom-params aq-mode=3
    make svt "testsrc2=size=64x64:rate=25" 6 -pix_fmt yuv420p -c:v libsvtav1 -preset 10 -crf 60
    make hdr "testsrc2=size=64x64:rate=25" 1 -pix_fmt yuv420p10le -c:v libsvtav1 -preset 10 -crf 60 -svtav1-params \
        "mastering-display=G(0.265,0.690)B(0.150,0.060)R(0.680,0.320)WP(0.3127,0.3290)L(1000.0,0.01):content-light=1000,400"
    make rav1e "$small" 3 -pix_fmt yuv420p -c:v librav1e -speed 10 -qp 200
}

# What ffmpeg doesn't hand on, aomenc (of Debian's aom-tools) is asked for.
# encode NAME SOURCE FRAMES OPTIONS...
encode() {
    local name=$1 source=$2 frames=$3
    shift 3
    ffmpeg -loglevel error -y -f lavfi -i "$source" -frames:v "$frames" -pix_fmt yuv420p made.y4m
    aomenc --quiet --obu --threads=1 --cpu-used=6 --end-usage=q --cq-level=60 "$@" \
        -o "$name.obu" made.y4m
    rm made.y4m
}
encode superres "$small" 3 --lag-in-frames=0 --superres-mode=1 --superres-denominator=12 --superres-kf-denominator=13
encode resized "testsrc2=size=96x64:rate=25" 4 --lag-in-frames=0 --resize-mode=1 --resize-denominator=12
encode full_still "$small" 1 --full-still-picture-hdr --limit=1
encode switches "$small" 6 --lag-in-frames=0 --sframe-dist=2 --sframe-mode=1 --error-resilient=1
encode timing "$small" 3 --lag-in-frames=0 --timing-info=model
encode monochrome "$small" 2 --monochrome --lag-in-frames=0
encode tile_groups "testsrc2=size=512x192:rate=25" 2 --lag-in-frames=0 --tile-columns=1 --tile-rows=1 --num-tile-groups=2 --sb-size=64 --cq-level=63
encode delta_lf "mandelbrot=size=128x128:rate=25" 2 --lag-in-frames=0 --deltaq-mode=1 --delta-lf-mode=1 --aq-mode=0 --cq-level=63
encode grain_reference "$small" 6 --lag-in-frames=6 --film-grain-test=7
encode large "testsrc2=size=160x160:rate=25" 3 --lag-in-frames=2 --sb-size=128 --enable-restoration=1 --cq-level=63
encode constant "$small" 2 --lag-in-frames=0 --timing-info=constant
encode repeated "testsrc2=size=256x128:rate=25" 2 --cpu-used=8 --lag-in-frames=0 --tile-columns=1 --tile-rows=1 --num-tile-groups=4 --sb-size=64 --error-resilient=1 --cq-level=63
encode motion "mandelbrot=size=128x128:rate=25:start_scale=3:end_scale=0.5:end_pts=20,rotate=PI*t/2" 6 --cpu-used=1 --lag-in-frames=6 --enable-global-motion=1 --cq-level=55
encode deltas "testsrc2=size=128x64:rate=25,noise=alls=40" 2 --cpu-used=2 --lag-in-frames=3 --deltaq-mode=1 --delta-lf-mode=1 --enable-tpl-model=1 --sb-size=64 --cq-level=50

# What aomenc doesn't ask of libaom either (of Debian's libaom-dev).
cc -O1 -o layers layers.c -laom
./layers layers.obu
./layers tile_sizes.obu tiles
rm layers
