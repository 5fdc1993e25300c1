#!/usr/bin/env bash
# Makes the files in this folder out of pictures and sounds that ffmpeg computes.
set -euo pipefail
cd "$(dirname "$0")"

video="testsrc2=size=48x32:rate=10"
sound="sine=frequency=440:sample_rate=8000"

# make NAME FRAMES OPTIONS...
make() {
    local name=$1 frames=$2
    shift 2
    ffmpeg -loglevel error -y -f lavfi -i "$video" -frames:v "$frames" -threads 1 -pix_fmt yuv420p \
        -fflags +bitexact -flags:v +bitexact "$@" "$name"
}
make plain.mp4 3 -c:v libx264 -crf 50
make reordered.mp4 6 -c:v libx264 -crf 50 -bf 2 -movflags faststart
make fragmented.mp4 6 -c:v libx264 -crf 50 -g 3 -movflags frag_keyframe+empty_moov+default_base_moof
make dash.mp4 6 -c:v libx264 -crf 50 -g 3 -movflags dash+frag_keyframe+global_sidx
make separate.mp4 6 -c:v libx264 -crf 50 -g 3 -movflags frag_keyframe+empty_moov+separate_moof
make av1.mp4 3 -c:v libaom-av1 -crf 63 -cpu-used 8
ffmpeg -loglevel error -y -f lavfi -i "$sound" -t 0.2 -fflags +bitexact -c:a aac -b:a 16k sound.m4a
ffmpeg -loglevel error -y -f lavfi -i "$sound" -t 0.2 -fflags +bitexact -c:a flac -strict -2 flac.mp4
ffmpeg -loglevel error -y -f lavfi -i "$video" -f lavfi -i "$sound" -t 0.3 -threads 1 -pix_fmt yuv420p \
    -fflags +bitexact -flags:v +bitexact -c:v libx264 -crf 50 -c:a aac -b:a 16k both.mp4
ffmpeg -loglevel error -y -f lavfi -i "$video" -frames:v 1 -pix_fmt yuv420p -fflags +bitexact \
    -c:v libaom-av1 -crf 63 -cpu-used 8 -still-picture 1 picture.avif
make smooth.mp4 6 -c:v libx264 -crf 50 -g 3 -f ismv
make negative.mp4 6 -c:v libx264 -crf 50 -bf 2 -movflags negative_cts_offsets
make negative_fragments.mp4 6 -c:v libx264 -crf 50 -bf 2 -g 3 -movflags frag_keyframe+empty_moov+negative_cts_offsets -vf "setpts='if(gt(N,3),PTS*2,PTS)'" -vsync vfr
make late.mp4 2 -c:v libx264 -crf 50 -metadata creation_time=2060-01-01T00:00:00Z
printf '1\n00:00:00,000 --> 00:00:00,200\nA\n\n' | ffmpeg -loglevel error -y -f srt -i - -fflags +bitexact -c:s mov_text text.mp4

# Pictures of libheif and of libavif (Debian's libheif-examples and libavif-bin).
ffmpeg -loglevel error -y -f lavfi -i "color=red@0.5:size=48x32,format=rgba" -frames:v 1 made.png
heif-enc -q 10 -o picture.heic made.png
avifenc -s 10 --min 60 --max 63 --irot 1 --clap 40,1,20,1,0,1,0,1 made.png alpha.avif > /dev/null
rm made.png
