// Convolution of bytes, the work of most networks: PIXELS pixels by LANES channels at a time, in
// registers. Acc holds every partial sum.
//
// With AVX2 products are added in 16 bits: pairs first, then up to `chunk` groups of four. That no such
// sum leaves 16 bits for any input was proven where this file was written, from the weights and the
// ranges of the inputs; where a pair could, `passes` is 2 and each weight is split into two halves.
#if defined(__AVX512VNNI__) && defined(__AVX512BW__)
#define CORGI_VNNI 1
#elif defined(__AVX2__)
#define CORGI_AVX2 1
#endif

// Four values of x, in every lane.
CORGI_INLINE i32 four(const u8* x) {
  i32 values;
  std::memcpy(&values, x, 4);
  return values;
}

#if defined(CORGI_VNNI)
struct Factors {
  __m512i all;
  CORGI_INLINE explicit Factors(const i8* w) : all(_mm512_loadu_si512(w)) {}
};

// Sums of one pixel: LANES of 32 bits.
struct Totals {
  __m512i all = _mm512_setzero_si512();

  CORGI_INLINE void multiply(const u8* x, const Factors& w) {
    all = _mm512_dpbusd_epi32(all, _mm512_set1_epi32(four(x)), w.all);
  }
  CORGI_INLINE void store(i32* sum) const {
    _mm512_store_si512(sum, _mm512_add_epi32(all, _mm512_load_si512(sum)));
  }
  CORGI_INLINE void store(i16* sum) const {
    __m256i* to = reinterpret_cast<__m256i*>(sum);
    const __m256i narrow = _mm512_maskz_cvtepi32_epi16(0xFFFF, all);
    _mm256_store_si256(to, _mm256_add_epi16(narrow, _mm256_load_si256(to)));
  }
};
#elif defined(CORGI_AVX2)
struct Factors {
  __m256i low, high;
  CORGI_INLINE explicit Factors(const i8* w)
      : low(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(w))),
        high(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(w) + 1)) {}
};

// Sums of one pixel: two of 16 bits for each of the LANES.
struct Totals {
  __m256i low = _mm256_setzero_si256(), high = _mm256_setzero_si256();

  CORGI_INLINE void multiply(const u8* x, const Factors& w) {
    const __m256i values = _mm256_set1_epi32(four(x));
    low = _mm256_add_epi16(low, _mm256_maddubs_epi16(values, w.low));
    high = _mm256_add_epi16(high, _mm256_maddubs_epi16(values, w.high));
  }
  CORGI_INLINE static __m256i joined(__m256i pairs) {
    return _mm256_madd_epi16(pairs, _mm256_set1_epi16(1));
  }
  CORGI_INLINE void store(i32* sum) const {
    __m256i* to = reinterpret_cast<__m256i*>(sum);
    _mm256_store_si256(to, _mm256_add_epi32(joined(low), _mm256_load_si256(to)));
    _mm256_store_si256(to + 1, _mm256_add_epi32(joined(high), _mm256_load_si256(to + 1)));
  }
  CORGI_INLINE void store(i16* sum) const {
    __m256i* to = reinterpret_cast<__m256i*>(sum);
    const __m256i mixed = _mm256_packs_epi32(joined(low), joined(high));
    const __m256i both = _mm256_permute4x64_epi64(mixed, 0xD8);
    _mm256_store_si256(to, _mm256_add_epi16(both, _mm256_load_si256(to)));
  }
};
#endif

#if defined(CORGI_VNNI) || defined(CORGI_AVX2)
// Sums of P pixels. Nested instead of an array, which compilers would not keep in registers.
template <int P>
struct Tile {
  Totals first;
  Tile<P - 1> rest;

  CORGI_INLINE void multiply(const u8* x, std::size_t length, const Factors& w) {
    first.multiply(x, w);
    rest.multiply(x + length, length, w);
  }
  template <class Acc>
  CORGI_INLINE void store(Acc (*sum)[LANES]) const {
    first.store(*sum);
    rest.store(sum + 1);
  }
};

template <>
struct Tile<0> {
  CORGI_INLINE void multiply(const u8*, std::size_t, const Factors&) {}
  template <class Acc>
  CORGI_INLINE void store(Acc (*)[LANES]) const {}
};
#endif

template <class Acc>
struct DenseBytes {
  static constexpr int GRAIN = 32;  // pixels that share the weights in the cache
#ifdef CORGI_VNNI
  static constexpr int PIXELS = 8;  // that share the weights in registers
#else
  static constexpr int PIXELS = 4;
#endif

  Window window;
  int groups, inputs, outputs, blocks, quads, passes, chunk;
  u8 flip;
  std::vector<i8> weights;  // [group][block][pass][quad][lane][4]
  std::vector<Acc> bias;

  // As Dense. `flip` is 128 for signed inputs, which are then 128 more, and accounted for in the bias.
  DenseBytes(const Window& window, int groups, int inputs, int outputs, const Packed& packed,
             const Packed& packed_bias, int flip, int passes, int chunk)
      : window(window), groups(groups), inputs(inputs), outputs(outputs),
        blocks((outputs + LANES - 1) / LANES), quads((length() + 3) / 4),
#ifdef CORGI_AVX2
        passes(passes), chunk(chunk),
#else
        passes(1), chunk(quads),
#endif
        flip(u8(flip)), weights(std::size_t(groups) * blocks * panel()),
        bias(unpack<Acc>(packed_bias)) {
    (void)passes, (void)chunk;
    bias.resize(bias.size() + LANES);
    const std::vector<i8> values = unpack<i8>(packed);
    for (int g = 0; g < groups; g++)
      for (int o = 0; o < outputs; o++)
        for (int k = 0; k < length(); k++)
          place(g, o, k, values[(std::size_t(g) * outputs + o) * length() + k]);
  }

  Size output(Size x) const { return window.output(x); }

  template <class Act, class Y, class X>
  void run(Workers& workers, const Act& act, const Map<Y>& y, const Map<X>& x) const {
    static_assert(sizeof(X) == 1, "inputs are bytes");
    const bool direct = !flip && groups == 1 && inputs % 4 == 0 && window.single();
    workers.share(y.size.height * y.size.width, GRAIN, [&](int first, int last) {
      alignas(64) static thread_local std::vector<u8> unfolded;
      if (direct) {
        const u8* from = reinterpret_cast<const u8*>(x.at(0, first));
        return group(act, from, last - first, 0, y.at(0, first));
      }
      unfolded.resize(std::size_t(GRAIN) * quads * 4);
      for (int g = 0; g < groups; g++) {
        u8* to = unfolded.data();
        for (int pixel = first; pixel < last;) {
          const int row = pixel / y.size.width, column = pixel % y.size.width;
          const int count = std::min(last - pixel, y.size.width - column);
          unfold(window, x, g * inputs, inputs, row, column, count, quads * 4, flip, to);
          to += std::size_t(count) * quads * 4;
          pixel += count;
        }
        group(act, unfolded.data(), last - first, g, y.at(0, first));
      }
    });
  }

 private:
  int length() const { return window.rows * window.columns * inputs; }
  std::size_t panel() const { return std::size_t(passes) * quads * LANES * 4; }

  void place(int g, int o, int k, int weight) {
    i8* at = &weights[(std::size_t(g) * blocks + o / LANES) * panel()] +
             (std::size_t(k / 4) * LANES + o % LANES) * 4 + k % 4;
    at[0] = i8(passes == 2 ? weight / 2 : weight);
    if (passes == 2) at[std::size_t(quads) * LANES * 4] = i8(weight - weight / 2);
  }

  // All channels of group `g` at `count` pixels, whose inputs follow each other.
  template <class Y, class Act>
  void group(const Act& act, const u8* x, int count, int g, Y* y) const {
    alignas(64) Acc sum[PIXELS][LANES];
    for (int block = 0; block < blocks; block++) {
      const i8* w = &weights[(std::size_t(g) * blocks + block) * panel()];
      const int channel = g * outputs + block * LANES;
      const int wanted = std::min(LANES, outputs - block * LANES);
      for (int p = 0, pixels; p < count; p += pixels) {
        pixels = count - p < PIXELS ? 1 : PIXELS;
        for (int i = 0; i < pixels; i++) std::copy_n(&bias[channel], LANES, sum[i]);
        const u8* from = x + std::size_t(p) * quads * 4;
        if (pixels == 1) add<1>(from, w, sum);
        else add<PIXELS>(from, w, sum);
        for (int i = 0; i < pixels; i++)
          act(sum[i], channel, wanted, y + std::size_t(p + i) * outputs * groups + channel);
      }
    }
  }

#if defined(CORGI_VNNI) || defined(CORGI_AVX2)
  template <int P>
  void add(const u8* x, const i8* w, Acc (*sum)[LANES]) const {
    for (int pass = 0; pass < passes; pass++)
      for (int first = 0; first < quads; first += chunk) {
        Tile<P> tile;
        const int last = std::min(first + chunk, quads);
#pragma GCC unroll 4
        for (int q = first; q < last; q++, w += LANES * 4) {
          const Factors factors(w);
          tile.multiply(x + std::size_t(q) * 4, std::size_t(quads) * 4, factors);
        }
        tile.store(sum);
      }
  }
#else
  template <int P>
  void add(const u8* x, const i8* w, Acc (*sum)[LANES]) const {
    for (int p = 0; p < P; p++, x += std::size_t(quads) * 4) {
      i32 total[LANES] = {};
      for (int q = 0; q < quads; q++)
        for (int i = 0; i < LANES; i++)
          for (int j = 0; j < 4; j++)
            total[i] += x[q * 4 + j] * w[(std::size_t(q) * LANES + i) * 4 + j];
      for (int i = 0; i < LANES; i++) sum[p][i] = Acc(sum[p][i] + total[i]);
    }
  }
#endif
};
