// The functions of a shared library, and the program.

// Copy a frame between [channel][row][column] and [row][column][channel].
template <class T>
void planes_to_pixels(Workers& workers, const T* planes, Size size, int channels, T* pixels) {
  const i64 width = size.width, area = size.height * width;
  workers.share(size.height, 4, [&](int first, int last) {
    for (i64 i = first * width; i < last * width; i++)
      for (int c = 0; c < channels; c++) pixels[i * channels + c] = planes[c * area + i];
  });
}

template <class T>
void pixels_to_planes(const T* pixels, Size size, int channels, T* planes) {
  const i64 area = i64(size.height) * size.width;
  for (i64 i = 0; i < area; i += 64)
    for (int c = 0; c < channels; c++)
      for (i64 j = i; j < std::min(i + 64, area); j++) planes[c * area + j] = pixels[j * channels + c];
}

void arrange(const void* pixels, int bytes, Size size, int channels, void* planes) {
  if (bytes == 1) pixels_to_planes((const u8*)pixels, size, channels, (u8*)planes);
  if (bytes == 2) pixels_to_planes((const u16*)pixels, size, channels, (u16*)planes);
  if (bytes == 4) pixels_to_planes((const i32*)pixels, size, channels, (i32*)planes);
  if (bytes == 8) pixels_to_planes((const i64*)pixels, size, channels, (i64*)planes);
}

// Why frames of this size cannot be evaluated; empty if they can.
std::string size_fault(const Network& network, Size size) {
  if (size.width < 1 || size.height < 1) return "width and height must be at least 1";
  const std::string given = std::to_string(size.width) + "x" + std::to_string(size.height);
  if (FIXED_WIDTH && (size.width != FIXED_WIDTH || size.height != FIXED_HEIGHT))
    return "frames are " + given + ", and this network takes only " + std::to_string(FIXED_WIDTH) +
           "x" + std::to_string(FIXED_HEIGHT);
  const std::array<Size, MAPS> sizes = network.map_sizes(size);
  for (int i = 0; i < MAPS; i++) {
    if (sizes[i].height < 0)
      return "frames of " + given + " give layer " + LAYERS[i] + " maps of different sizes";
    if (sizes[i].height < 1 || sizes[i].width < 1)
      return "frames of " + given + " are smaller than the window of layer " + LAYERS[i];
  }
  return "";
}

// Empty, or why the frame at `pixels` is not one.
std::string range_fault(const Input* pixels, i64 count) {
  Input lowest = pixels[0], highest = pixels[0];
  for (i64 i = 0; i < count; i++) {
    lowest = std::min(lowest, pixels[i]);
    highest = std::max(highest, pixels[i]);
  }
  if (i64(lowest) >= INPUT_LOWEST && i64(highest) <= INPUT_HIGHEST) return "";
  return "values are " + std::to_string(lowest) + ".." + std::to_string(highest) +
         ", and the input takes " + std::to_string(INPUT_LOWEST) + ".." +
         std::to_string(INPUT_HIGHEST);
}

struct Model {
  Workers workers;
  Network network;
  std::string fault;
  std::vector<Input> pixels;

  explicit Model(int threads) : workers(threads) {}

  // Evaluates one frame; results are in `network` until the next. False with `fault` set if it cannot.
  bool run(Size size, const Input* frame, bool planes) {
    fault = size_fault(network, size);
    const i64 count = i64(size.height) * size.width * INPUT_CHANNELS;
    if (fault.empty()) fault = range_fault(frame, count);
    if (!fault.empty()) return false;
    pixels.resize(count + SLACK);
    if (planes) planes_to_pixels(workers, frame, size, INPUT_CHANNELS, pixels.data());
    else std::copy_n(frame, count, pixels.data());
    network.evaluate(workers, {pixels.data(), size, INPUT_CHANNELS});
    return true;
  }
};

}  // namespace

extern "C" {

// JSON: the input, and for each output its name, channels and type.
const char* corgi_describe() { return DESCRIPTION; }

void* corgi_open(int threads) { return new Model(std::max(threads, 1)); }

void corgi_close(void* model) { delete static_cast<Model*>(model); }

// Sentence about the last call that failed.
const char* corgi_fault(void* model) { return static_cast<Model*>(model)->fault.c_str(); }

// Height and width of every output, in turn. 0, or 1 if there is a fault.
int corgi_sizes(void* opened, int height, int width, int* sizes) {
  Model& model = *static_cast<Model*>(opened);
  model.fault = size_fault(model.network, {height, width});
  if (!model.fault.empty()) return 1;
  for (const Size& size : model.network.output_sizes({height, width})) {
    *sizes++ = size.height;
    *sizes++ = size.width;
  }
  return 0;
}

// One frame in, [channel][row][column] if `planes` else [row][column][channel]; every output out, each
// [row][column][channel]. 0, or 1 if there is a fault.
int corgi_run(void* opened, int height, int width, const void* frame, int planes, void** outputs) {
  Model& model = *static_cast<Model*>(opened);
  if (!model.run({height, width}, static_cast<const Input*>(frame), planes)) return 1;
  for (const Result& result : model.network.results())
    std::memcpy(*outputs++, result.data, result.bytes * result.size.height * result.size.width *
                                             std::size_t(result.channels));
  return 0;
}
}

#ifndef CORGI_LIBRARY
static int usage(int status) {
  std::fputs(HELP, status ? stderr : stdout);
  return status;
}

static int fail(const std::string& fault) {
  std::fprintf(stderr, "error: %s\n", fault.c_str());
  return 1;
}

int main(int count, char** arguments) {
  std::vector<std::string> words;
  bool planes = true;
  int threads = std::max(1u, std::thread::hardware_concurrency());
  for (int i = 1; i < count; i++) {
    const std::string word = arguments[i];
    if (word == "-h" || word == "--help") return usage(0);
    if (word == "--hwc") planes = false;
    else if (word == "--chw") planes = true;
    else if (word == "--threads" && i + 1 < count) threads = std::max(1, std::atoi(arguments[++i]));
    else words.push_back(word);
  }
  if (words.size() != 2) return usage(2);
  const Size size{std::atoi(words[1].c_str()), std::atoi(words[0].c_str())};
  Model model(threads);
  const std::string fault = size_fault(model.network, size);
  if (!fault.empty()) return fail(fault);
  std::vector<Input> frame(std::size_t(size.height) * size.width * INPUT_CHANNELS);
  const std::size_t wanted = frame.size() * sizeof(Input);
  for (int number = 1;; number++) {
    const std::size_t got = std::fread(frame.data(), 1, wanted, stdin);
    if (got == 0 && number > 1) return 0;
    if (got < wanted)
      return fail("frame " + std::to_string(number) + " is truncated: " + std::to_string(got) +
                  " of " + std::to_string(wanted) + " bytes");
    if (!model.run(size, frame.data(), planes))
      return fail("frame " + std::to_string(number) + ": " + model.fault);
    for (const Result& result : model.network.results()) {
      const std::size_t bytes = result.bytes * result.size.height * result.size.width *
                                std::size_t(result.channels);
      std::vector<char> copy(planes ? bytes : 0);
      if (planes) arrange(result.data, result.bytes, result.size, result.channels, copy.data());
      if (std::fwrite(planes ? copy.data() : result.data, 1, bytes, stdout) < bytes)
        return fail("the output cannot be written");
    }
  }
}
#endif
