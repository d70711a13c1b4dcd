// Calls work(taps, corner of the window in x, pixel of y) at every position of a window. `taps` holds
// tap(position in the window, offset from its corner) for all that lies on the map; it is found again only
// where the window leaves the map.
template <class Y, class X, class MakeTap, class Work>
void slide(Workers& workers, const Window& window, const Map<Y>& y, const Map<X>& x,
           const MakeTap& tap, const Work& work) {
  workers.share(y.size.height, 1, [&](int first, int last) {
    std::vector<decltype(tap(0, i64(0)))> taps;
    for (int row = first; row < last; row++) {
      const int top = row * window.stride_y - window.top;
      bool inside = false;  // whether all columns of the last window were
      for (int column = 0; column < y.size.width; column++) {
        const int left = column * window.stride_x - window.left;
        const bool was_inside = inside;
        inside = left >= 0 && left + window.columns <= x.size.width;
        if (!inside || !was_inside) {
          taps.clear();
          for (int j = 0; j < window.rows; j++)
            for (int k = 0; k < window.columns; k++)
              if (top + j >= 0 && top + j < x.size.height && left + k >= 0 && left + k < x.size.width)
                taps.push_back(tap(j * window.columns + k, (i64(j) * x.size.width + k) * x.channels));
        }
        work(taps, x.data + (i64(top) * x.size.width + left) * x.channels, y.at(row, column));
      }
    }
  });
}
