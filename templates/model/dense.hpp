// Convolution of any integers. Acc holds every partial sum.
template <class W, class Acc>
struct Dense {
  Window window;
  int groups, inputs, outputs, blocks, length;
  std::vector<W> weights;  // [group][block][window position and input][lane]
  std::vector<Acc> bias;

  // `inputs` and `outputs` are those of one group; weights come as [output][window position][input].
  Dense(const Window& window, int groups, int inputs, int outputs, const Packed& packed,
        const Packed& packed_bias)
      : window(window), groups(groups), inputs(inputs), outputs(outputs),
        blocks((outputs + LANES - 1) / LANES), length(window.rows * window.columns * inputs),
        weights(std::size_t(groups) * blocks * length * LANES), bias(unpack<Acc>(packed_bias)) {
    bias.resize(bias.size() + LANES);
    const std::vector<W> values = unpack<W>(packed);
    for (int g = 0; g < groups; g++)
      for (int o = 0; o < outputs; o++)
        for (int k = 0; k < length; k++)
          panel(g, o / LANES)[std::size_t(k) * LANES + o % LANES] =
              values[(std::size_t(g) * outputs + o) * length + k];
  }

  Size output(Size x) const { return window.output(x); }

  template <class Act, class Y, class X>
  void run(Workers& workers, const Act& act, const Map<Y>& y, const Map<X>& x) const {
    workers.share(y.size.height, 1, [&](int first, int last) {
      std::vector<X> unfolded(length);
      for (int row = first; row < last; row++)
        for (int column = 0; column < y.size.width; column++)
          for (int g = 0; g < groups; g++) {
            unfold(window, x, g * inputs, inputs, row, column, 1, length, X(0), unfolded.data());
            pixel(act, unfolded.data(), g, y.at(row, column));
          }
    });
  }

 private:
  W* panel(int g, int block) {
    return &weights[(std::size_t(g) * blocks + block) * length * LANES];
  }

  template <class X, class Y, class Act>
  void pixel(const Act& act, const X* x, int g, Y* y) const {
    for (int block = 0; block < blocks; block++) {
      const int channel = g * outputs + block * LANES;
      const W* w = &weights[(std::size_t(g) * blocks + block) * length * LANES];
      alignas(64) Acc sum[LANES];
      std::copy_n(&bias[channel], LANES, sum);
      for (int k = 0; k < length; k++, w += LANES)
        for (int i = 0; i < LANES; i++) sum[i] = Acc(sum[i] + Acc(x[k]) * Acc(w[i]));
      act(sum, channel, std::min(LANES, outputs - block * LANES), y + channel);
    }
  }
};
