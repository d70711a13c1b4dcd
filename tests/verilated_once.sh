# Compiles what is the same in all of Verilator's models once for all tests:
# `sh verilated_once.sh COMPILER ARGUMENTS`, which is what OBJCACHE of Verilator's makefiles is for.
# CORGIBUILDER_TEST_OBJECTS is the folder that keeps it: the sources that are linked to every model,
# and the headers that every source reads first.
for last; do :; done

place_for() { # a name in that folder, for the given arguments of the compiler
  echo "$CORGIBUILDER_TEST_OBJECTS/$(printf '%s' "$*" | cksum | tr ' ' -)"
}

case $last in
*/verilated*.cpp)
  object=$(basename "$last" .cpp).o
  kept=$(place_for "$*")-$object
  if [ -f "$kept" ]; then
    cp "$kept" "$object"
  else
    "$@" && cp "$object" "$kept.$$" && mv "$kept.$$" "$kept"
  fi
  ;;
*.gch) # the headers of the model itself stay text, which is quicker where it has few sources
  cp "${last%.*.gch}" "${last%.gch}"
  ;;
*.cpp)
  flags=
  for argument; do
    case $argument in
    -include | -c) break ;;
    esac
    flags="$flags $argument"
  done
  headers=$(place_for "$flags").h
  if [ ! -f "$headers.gch" ]; then
    if [ ! -f "$headers" ]; then
      printf '#include <%s>\n' verilated.h verilated_dpi.h >"$headers.$$"
      mv "$headers.$$" "$headers"
    fi
    $flags -x c++-header "$headers" -o "$headers.$$" && mv "$headers.$$" "$headers.gch"
  fi
  compiler=$1
  shift
  exec "$compiler" -include "$headers" "$@"
  ;;
*)
  exec "$@"
  ;;
esac
