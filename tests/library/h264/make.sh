#!/usr/bin/env bash
# Makes the files in this folder out of pictures that ffmpeg computes.
set -euo pipefail
cd "$(dirname "$0")"

# make NAME SOURCE FRAMES OPTIONS...
make() {
    local name=$1 source=$2 frames=$3
    shift 3
    ffmpeg -loglevel error -y -f lavfi -i "$source" -frames:v "$frames" -threads 1 "$@" \
        -bsf:v "filter_units=remove_types=38" -f h264 "$name.h264"
}
small=testsrc2=size=48x32:rate=25
make baseline "$small" 4 -pix_fmt yuv420p -c:v libx264 -profile:v baseline -crf 45
make main_b "$small" 7 -pix_fmt yuv420p -c:v libx264 -profile:v main -bf 3 -x264-params crf=45:weightp=2:b-pyramid=normal
make high_hrd "$small" 5 -pix_fmt yuv420p -c:v libx264 -profile:v high -x264-params \
    crf=45:nal-hrd=vbr:vbv-maxrate=400:vbv-bufsize=400:aud=1:pic-struct=1:colorprim=bt709:transfer=bt709:colormatrix=bt709
make cbr "$small" 3 -pix_fmt yuv420p -c:v libx264 -x264-params bitrate=100:nal-hrd=cbr:vbv-maxrate=100:vbv-bufsize=100:filler=1
make interlaced "$small" 4 -pix_fmt yuv420p -c:v libx264 -flags +ildct+ilme -x264-params crf=45:tff=1:cqm=jvt:pic-struct=1
make slices "mandelbrot=size=64x64:rate=25" 3 -pix_fmt yuv420p -c:v libx264 -x264-params crf=50:slices=4:ref=4:keyint=2:no-deblock=1
make high10 "$small" 3 -pix_fmt yuv420p10le -c:v libx264 -x264-params crf=50:deblock=2,-3
make high422 "$small" 3 -pix_fmt yuv422p10le -c:v libx264 -x264-params crf=50:sar=16/11:overscan=show
make high444 "$small" 3 -pix_fmt yuv444p -c:v libx264 -x264-params crf=50:cqm=jvt
make lossless "color=gray:size=33x35:rate=10" 2 -pix_fmt yuv444p -c:v libx264 -qp 0
make weights "testsrc2=size=48x32:rate=25,fade=in:0:8" 8 -pix_fmt yuv420p -c:v libx264 -x264-params crf=45:weightp=2:bframes=2:weightb=1
make frame_packing "$small" 2 -pix_fmt yuv420p -c:v libx264 -x264-params crf=50:frame-packing=3:mastering-display='G(13250,34500)B(7500,3000)R(34000,16000)WP(15635,16450)L(10000000,1)':cll=1000,400
make long_term "$small" 6 -pix_fmt yuv420p -c:v libx264 -x264-params crf=45:ref=3:bframes=3:b-pyramid=strict:open-gop=1:keyint=3:intra-refresh=0
make refresh "$small" 6 -pix_fmt yuv420p -c:v libx264 -x264-params crf=45:intra-refresh=1:constrained-intra=1:bframes=0
make monochrome "$small" 2 -pix_fmt gray -c:v libx264 -x264-params crf=50
make lists "$small,setsar=200/99" 2 -pix_fmt yuv420p -c:v libx264 -x264-params crf=50:cqm4=8,12,12,20,16,16,20,24,24,28,28,32,32,36,40,44:chromaloc=2:alternative-transfer=arib-std-b67
make temporal "mandelbrot=size=48x48:rate=25" 12 -pix_fmt yuv420p -c:v libx264 -x264-params crf=48:bframes=4:b-pyramid=strict:ref=4:b-adapt=0:direct=temporal:bluray-compat=1:vbv-maxrate=500:vbv-bufsize=500:slices=4:aud=1
ffmpeg -loglevel error -y -f lavfi -i "$small" -frames:v 2 -threads 1 -pix_fmt yuv420p -c:v libx264 -x264-params crf=50 \
    -bsf:v h264_metadata=display_orientation=insert:rotate=90:flip=horizontal -f h264 orientation.h264

# ffmpeg hands no filler on; x264 itself is asked for it.
ffmpeg -loglevel error -y -f lavfi -i color=gray:size=32x32:rate=25 -frames:v 6 -pix_fmt yuv420p made.y4m
x264 --quiet --threads 1 --bitrate 100 --vbv-maxrate 100 --vbv-bufsize 8 --nal-hrd cbr --filler -o filler.h264 made.y4m
rm made.y4m
