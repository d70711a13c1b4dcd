// Convolution of each channel with its own window. Acc holds every partial sum.
template <class Acc>
struct Depthwise {
  Window window;
  int channels, stride;
  std::vector<Acc> weights, bias;  // [tap][channel], [channel]

  Depthwise(const Window& window, int channels, const Packed& packed, const Packed& packed_bias)
      : window(window), channels(channels), stride(channels + LANES),
        weights(std::size_t(stride) * window.rows * window.columns), bias(unpack<Acc>(packed_bias)) {
    const std::vector<Acc> values = unpack<Acc>(packed);  // [tap][channel]
    bias.resize(stride);
    for (int tap = 0; tap < window.rows * window.columns; tap++)
      std::copy_n(&values[std::size_t(tap) * channels], channels, &weights[std::size_t(tap) * stride]);
  }

  Size output(Size x) const { return window.output(x); }

  template <class Act, class Y, class X>
  void run(Workers& workers, const Act& act, const Map<Y>& y, const Map<X>& x) const {
    const auto tap = [&](int position, i64 offset) {
      return Tap{offset, &weights[std::size_t(position) * stride]};
    };
    slide(workers, window, y, x, tap, [&](const std::vector<Tap>& taps, const X* corner, Y* to) {
      pixel(taps, act, corner, to);
    });
  }

 private:
  struct Tap {
    i64 offset;  // from the corner of the window
    const Acc* factors;
  };

  template <class X, class Y, class Act>
  void pixel(const std::vector<Tap>& taps, const Act& act, const X* corner, Y* y) const {
    for (int c = 0; c < channels; c += LANES) {
      alignas(64) Acc sum[LANES];
      for (int i = c; i < c + LANES; i += PIECE<Acc>) {
        Vector<Acc> total, factor, wide;
        Vector<X, Acc> value;
        load(&bias[i], total);
        for (const Tap& tap : taps) {
          load(corner + tap.offset + i, value);
          load(tap.factors + i, factor);
          widen(value, wide);
          total += wide * factor;
        }
        std::memcpy(sum + i - c, &total, sizeof total);
      }
      act(sum, c, std::min(LANES, channels - c), y + c);
    }
  }
};
