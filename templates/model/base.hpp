#define CORGI_INLINE inline __attribute__((always_inline))

using i8 = std::int8_t;
using u8 = std::uint8_t;
using i16 = std::int16_t;
using u16 = std::uint16_t;
using i32 = std::int32_t;
using i64 = std::int64_t;

constexpr int LANES = 16;    // channels handled together; arrays by channel end in as many spare ones
constexpr int SLACK = 1024;  // bytes after each map that may be read, never used

// As many values as fill 32 bytes with sums of type Acc: operators work on each.
template <class Acc>
constexpr int PIECE = 32 / sizeof(Acc);
template <class T, int COUNT>
struct Lanes {
  typedef T type __attribute__((vector_size(COUNT * sizeof(T))));
};
template <class T, class Acc = T>
using Vector = typename Lanes<T, PIECE<Acc>>::type;

// The same for sums that may leave Acc on the way and come back, and for lanes that may hold anything.
template <class Acc>
using Modular = Vector<std::make_unsigned_t<Acc>>;

template <class T>
CORGI_INLINE void load(const void* from, T& to) {
  std::memcpy(&to, from, sizeof to);
}

// Values as sums, and bytes as 16 bits in one instruction, which compilers do not find by themselves.
template <class To, class From>
CORGI_INLINE void widen(const From& from, To& to) {
  to = __builtin_convertvector(from, To);
}
#ifdef __AVX2__
CORGI_INLINE void widen(const Vector<u8, i16>& from, Vector<i16>& to) {
  to = (Vector<i16>)_mm256_cvtepu8_epi16((__m128i)from);
}
#endif

struct Size {
  int height, width;
};

constexpr Size UNEQUAL{-1, -1};  // of a map made from maps whose sizes differ

// Of layers that give a map as large as the one that they read, or each of those.
struct SameSize {
  template <class... Others>
  Size output(Size x, Others... others) const {
    const bool equal = ((others.height == x.height && others.width == x.width) && ...);
    return equal ? x : UNEQUAL;
  }
};

// How a window moves over a map. A map smaller than the window has no output: height or width 0.
struct Window {
  int rows, columns, stride_y, stride_x, top, left, bottom, right;

  Size output(Size in) const {
    const int y = in.height + top + bottom - rows, x = in.width + left + right - columns;
    if (y < 0 || x < 0) return {0, 0};
    return {y / stride_y + 1, x / stride_x + 1};
  }

  // Whether every output lies on just its own input.
  bool single() const {
    return rows * columns * stride_y * stride_x == 1 && !(top | left | bottom | right);
  }
};

// Values [row][column][channel].
template <class T>
struct Map {
  T* data;
  Size size;
  int channels;

  T* at(int y, int x) const { return data + (i64(y) * size.width + x) * channels; }
};

// Integers in base 64: a little-endian stream of fields of `bits` bits that count from `lowest`.
struct Packed {
  const char* text;
  int bits;
  i64 lowest;
  std::size_t count;
};

template <class T>
std::vector<T> unpack(const Packed& packed) {
  static const char* alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  std::array<u8, 256> digit;
  digit.fill(255);
  for (u8 d = 0; d < 64; d++) digit[u8(alphabet[d])] = d;
  std::vector<T> values(packed.count);
  const char* next = packed.text;
  unsigned __int128 window = 0;
  int filled = 0;
  const std::uint64_t mask = packed.bits == 64 ? ~0ull : (1ull << packed.bits) - 1;
  for (T& value : values) {
    while (filled < packed.bits) {
      const u8 d = digit[u8(*next++)];
      if (d == 255) continue;  // end of a line
      window |= static_cast<unsigned __int128>(d) << filled;
      filled += 6;
    }
    value = T(std::uint64_t(packed.lowest) + (std::uint64_t(window) & mask));
    window >>= packed.bits;
    filled -= packed.bits;
  }
  return values;
}
