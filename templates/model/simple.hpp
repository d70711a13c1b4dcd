// An activation by itself.
template <class Acc, class X, class Y, class Act>
void apply(Workers& workers, const Act& act, const Map<X>& x, const Map<Y>& y) {
  workers.share(x.size.height, 1, [&](int first, int last) {
    Acc sum[LANES];
    for (int column = 0; column < x.size.width * (last - first); column++) {
      const X* from = x.at(first, column);
      Y* to = y.at(first, column);
      for (int c = 0; c < x.channels; c += LANES) {
        for (int i = 0; i < LANES; i++) sum[i] = Acc(from[c + i]);
        act(sum, c, std::min(LANES, x.channels - c), to + c);
      }
    }
  });
}

// Calls visit(offset of the pixel) for every pixel under a window that lies on the map.
template <class T, class Visit>
void under(const Window& window, const Map<T>& x, int row, int column, const Visit& visit) {
  const int top = row * window.stride_y - window.top, left = column * window.stride_x - window.left;
  for (int y = std::max(top, 0); y < std::min(top + window.rows, x.size.height); y++)
    for (int k = std::max(left, 0); k < std::min(left + window.columns, x.size.width); k++)
      visit(x.at(y, k));
}

template <class X, class Y>
void pool_sum(Workers& workers, const Window& window, const Map<X>& x, const Map<Y>& y) {
  workers.share(y.size.height, 1, [&](int first, int last) {
    for (int row = first; row < last; row++)
      for (int column = 0; column < y.size.width; column++) {
        Y* sum = y.at(row, column);
        std::fill(sum, sum + y.channels, Y(0));
        under(window, x, row, column, [&](const X* pixel) {
          for (int c = 0; c < y.channels; c++) sum[c] = Y(sum[c] + pixel[c]);
        });
      }
  });
}

template <class T>
void pool_max(Workers& workers, const Window& window, const Map<T>& x, const Map<T>& y) {
  workers.share(y.size.height, 1, [&](int first, int last) {
    for (int row = first; row < last; row++)
      for (int column = 0; column < y.size.width; column++) {
        T* best = y.at(row, column);
        std::fill(best, best + y.channels, std::numeric_limits<T>::min());
        under(window, x, row, column, [&](const T* pixel) {
          for (int c = 0; c < y.channels; c++) best[c] = std::max(best[c], pixel[c]);
        });
      }
  });
}

// Index of the largest channel; of equal ones the lowest.
template <class X, class Y>
void argmax(Workers& workers, const Map<X>& x, const Map<Y>& y) {
  workers.share(x.size.height, 1, [&](int first, int last) {
    for (int column = 0; column < x.size.width * (last - first); column++) {
      const X* pixel = x.at(first, column);
      *y.at(first, column) = Y(std::max_element(pixel, pixel + x.channels) - pixel);
    }
  });
}
