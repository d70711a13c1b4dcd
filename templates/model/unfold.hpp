// Copies windows of the channels first..first+inputs-1 into rows of `length` values, zeros where there
// is padding and after the end. `flip` is added with exclusive or: 128 makes bytes unsigned.
template <class X, class To>
void unfold(const Window& window, const Map<X>& x, int first, int inputs, int row, int column,
            int pixels, int length, To flip, To* to) {
  for (; pixels > 0; pixels--, column++) {
    To* end = to + length;
    const int left = column * window.stride_x - window.left;
    const int from = std::min(std::max(-left, 0), window.columns);
    const int until = std::max(std::min(x.size.width - left, window.columns), from);
    for (int j = 0; j < window.rows; j++) {
      const int r = row * window.stride_y - window.top + j;
      const bool outside = r < 0 || r >= x.size.height;
      const int first_column = outside ? window.columns : from;
      const int last_column = outside ? window.columns : until;
      to = std::fill_n(to, first_column * inputs, flip);
      const int runs = inputs == x.channels ? 1 : last_column - first_column;
      const int run = inputs == x.channels ? (last_column - first_column) * inputs : inputs;
      for (int k = 0; k < runs; k++) {
        const X* values = x.at(outside ? 0 : r, left + first_column + k) + first;
        for (int i = 0; i < run; i++) to[i] = To(To(values[i]) ^ flip);
        to += run;
      }
      to = std::fill_n(to, (window.columns - last_column) * inputs, flip);
    }
    to = std::fill_n(to, end - to, flip);
  }
}
