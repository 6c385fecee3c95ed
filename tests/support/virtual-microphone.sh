#!/usr/bin/env bash
# A microphone without hardware: a PulseAudio server of its own with a sink whose monitor is the
# default source. What is played into the sink is what the microphone hears.
#
#   virtual-microphone.sh start DIR    starts the server with DIR as its runtime folder
#   virtual-microphone.sh plug DIR     adds the microphone `vmic` and makes it the default
#   virtual-microphone.sh play DIR WAV plays a file into it, to the end
#   virtual-microphone.sh unplug DIR   takes it away
#   virtual-microphone.sh sleep DIR    has it give nothing to whoever opens it, as one that is asleep
#   virtual-microphone.sh wake DIR     has it give sound again
#   virtual-microphone.sh stop DIR     ends the server
#
# Programs that are to hear it get XDG_RUNTIME_DIR=DIR and nothing else of the desktop's PULSE_*.
set -euo pipefail
action=${1:?action} dir=${2:?runtime folder}
unset PULSE_SERVER PULSE_RUNTIME_PATH DISPLAY WAYLAND_DISPLAY
# A server takes a name on the session bus, and ends if it is taken: each must stay without a bus.
# Unset, or with a display, libdbus would find or launch one that all of them share.
export DBUS_SESSION_BUS_ADDRESS=disabled: DBUS_SYSTEM_BUS_ADDRESS=disabled:
mkdir -p -m 700 "$dir/pulse"
export XDG_RUNTIME_DIR=$dir HOME=$dir

case $action in
  start)
    # A second sink, so that a default source is left when the microphone is unplugged.
    if ! pulseaudio -n --daemonize=yes --exit-idle-time=-1 --use-pid-file=yes --disable-shm=yes \
      --log-target=newfile:"$dir/pulseaudio.log" \
      -L "module-native-protocol-unix socket=$dir/pulse/native" \
      -L "module-null-sink sink_name=spare"; then
      cat "$dir/pulseaudio.log" >&2
      exit 1
    fi
    ;;
  plug)
    pactl load-module module-null-sink sink_name=vmic >"$dir/vmic.module"
    pactl set-default-source vmic.monitor
    pactl set-default-sink vmic
    ;;
  # On a busy computer a player that comes late would leave holes in what is heard. Where more
  # urgency is not allowed, nice says so and goes on.
  play) nice -n -10 paplay --latency-msec=1000 --device=vmic "${3:?file}" ;;
  unplug) pactl unload-module "$(cat "$dir/vmic.module")" ;;
  sleep) pactl suspend-sink vmic 1 ;;
  wake) pactl suspend-sink vmic 0 ;;
  # A server that died left its file, and there is nobody to end.
  stop) [ ! -e "$dir/pulse/pid" ] || pulseaudio --kill || true ;;
  *) echo "unknown action: $action" >&2; exit 2 ;;
esac
