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

  template <class X, class Y, class Act>
  void run(Workers& workers, const Act& act, const Map<X>& x, const Map<Y>& y) const {
    workers.share(y.size.height, 1, [&](int first, int last) {
      std::vector<Tap> taps;
      for (int row = first; row < last; row++) {
        const int top = row * window.stride_y - window.top;
        bool inside = false;  // whether all columns of the last window were
        for (int column = 0; column < y.size.width; column++) {
          const int left = column * window.stride_x - window.left;
          const bool was_inside = inside;
          inside = left >= 0 && left + window.columns <= x.size.width;
          if (!inside || !was_inside) find_taps(x, top, left, taps);
          pixel(taps, act, x.data + (i64(top) * x.size.width + left) * channels, y.at(row, column));
        }
      }
    });
  }

 private:
  struct Tap {
    i64 offset;  // from the corner of the window
    const Acc* factors;
  };

  // Those under the window whose corner is at (top, left).
  template <class X>
  void find_taps(const Map<X>& x, int top, int left, std::vector<Tap>& taps) const {
    taps.clear();
    for (int j = 0; j < window.rows; j++)
      for (int k = 0; k < window.columns; k++) {
        const bool inside = top + j >= 0 && top + j < x.size.height && left + k >= 0 &&
                            left + k < x.size.width;
        if (inside)
          taps.push_back({(i64(j) * x.size.width + k) * channels,
                          &weights[std::size_t(j * window.columns + k) * stride]});
      }
  }

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
