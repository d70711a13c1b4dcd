# Compiles what Verilator links to every model once for all tests, and the rest as it is told to:
# `sh verilated_once.sh COMPILER ARGUMENTS`, which is what OBJCACHE of Verilator's makefiles is for.
# The folder that keeps the objects is in CORGIBUILDER_TEST_OBJECTS.
for source; do :; done
case $source in
*/verilated*.cpp) ;;
*) exec "$@" ;;
esac
object=$(basename "$source" .cpp).o
kept=$CORGIBUILDER_TEST_OBJECTS/$(printf '%s' "$*" | cksum | tr ' ' -)-$object
if [ -f "$kept" ]; then
  cp "$kept" "$object"
else
  "$@" && cp "$object" "$kept.$$" && mv "$kept.$$" "$kept"
fi
