#include "services/image/vips_image.hpp"

#include <algorithm>
#include <array>
#include <vips/vips.h>

#include "common/base/check.hpp"
#include "common/base/printable.hpp"

namespace onput::image {
namespace {

constexpr std::size_t vips_message_bytes_max = 200;
constexpr std::string_view seek_failure = "bad seek to ";

// The first line is the cause; what follows are the operations that it stopped. But a reader that
// looks behind the end of the file says more after that.
std::string_view cause_of(std::string_view lines) {
    std::string_view cause;
    while (!lines.empty()) {
        const std::string_view line = lines.substr(0, lines.find('\n'));
        lines.remove_prefix(std::min(line.size() + 1, lines.size()));
        if (cause.empty()) cause = line;
        if (line.find(seek_failure) == std::string_view::npos) return line;
    }
    return cause;
}

// "VipsJpeg: premature end of JPEG image": the domain means nothing to a reader.
std::string without_domain(std::string_view line) {
    constexpr std::string_view source = "source input: ";
    if (line.starts_with(source)) line.remove_prefix(source.size());
    const std::size_t colon = line.find(": ");
    if (colon != std::string_view::npos && line.find(' ') > colon) line.remove_prefix(colon + 2);
    if (!line.starts_with(seek_failure)) return std::string(line);
    return "it points to byte " + std::string(line.substr(seek_failure.size())) +
           ", behind its end";
}

bool holds_any(std::string_view message, std::span<const std::string_view> signs) {
    const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
    return std::ranges::any_of(signs, [&](std::string_view sign) {
        return !std::ranges::search(message, sign, {}, lower).empty();
    });
}

// Premultiplied, worked on, and back: otherwise the colour of invisible pixels bleeds into edges.
template <typename Work>
Result<Image> with_premultiplied(const Image& image, std::string_view doing, Work work) {
    VipsImage* made = nullptr;
    if (!image.has_alpha()) {
        if (work(image.get(), &made) != 0) return std::unexpected(vips_failure(doing));
        return Image(made);
    }
    if (vips_premultiply(image.get(), &made, nullptr) != 0) {
        return std::unexpected(vips_failure(doing));
    }
    const Image premultiplied(made);
    if (work(premultiplied.get(), &made) != 0) return std::unexpected(vips_failure(doing));
    const Image worked(made);
    if (vips_unpremultiply(worked.get(), &made, nullptr) != 0) {
        return std::unexpected(vips_failure(doing));
    }
    const Image straight(made);
    // A cast alone would cut 99.9999 to 99.
    if (vips_rint(straight.get(), &made, nullptr) != 0) {
        return std::unexpected(vips_failure(doing));
    }
    const Image rounded(made);
    if (vips_cast(rounded.get(), &made, image.get()->BandFmt, nullptr) != 0) {
        return std::unexpected(vips_failure(doing));
    }
    return Image(made);
}

}  // namespace

Image::~Image() {
    if (handle_ != nullptr) g_object_unref(handle_);
}

Image::Image(const Image& other) : handle_(other.handle_) {
    if (handle_ != nullptr) g_object_ref(handle_);
}

Size Image::size() const {
    return {.width = static_cast<std::uint32_t>(vips_image_get_width(handle_)),
            .height = static_cast<std::uint32_t>(vips_image_get_height(handle_))};
}

std::uint32_t Image::bands() const {
    return static_cast<std::uint32_t>(vips_image_get_bands(handle_));
}

bool Image::has_alpha() const {
    return vips_image_hasalpha(handle_) != 0;
}

bool Image::has_profile() const {
    return vips_image_get_typeof(handle_, VIPS_META_ICC_NAME) != 0;
}

std::span<const std::uint8_t> Image::pixels() const {
    ONPUT_CHECK(vips_image_get_format(handle_) == VIPS_FORMAT_UCHAR);
    const void* data = vips_image_get_data(handle_);
    ONPUT_CHECK(data != nullptr);
    return {static_cast<const std::uint8_t*>(data), VIPS_IMAGE_SIZEOF_IMAGE(handle_)};
}

std::string shown_message(std::string_view text) {
    return printable(text.substr(0, vips_message_bytes_max));
}

std::string take_vips_message() {
    const std::string all = vips_error_buffer();
    vips_error_clear();
    const std::string line = shown_message(without_domain(cause_of(all)));
    return line.empty() ? std::string(no_reason) : line;
}

bool is_about_memory(std::string_view message) {
    // When a thread gets no memory for its stack, the message is another one.
    constexpr std::array<std::string_view, 2> signs{"memory", "creating thread"};
    return holds_any(message, signs);
}

bool is_about_support(std::string_view message) {
    // The last one is what libvips says of samples of 64 bits.
    constexpr std::array<std::string_view, 7> signs{
        "unsupported",    "not supported",  "not implemented",     "unimplemented",
        "not configured", "can not handle", "samples out of range"};
    return holds_any(message, signs);
}

Error vips_failure(std::string_view doing) {
    const std::string message = take_vips_message();
    const bool is_memory = is_about_memory(message);
    return Error{.code = is_memory ? ErrorCode::resource_exhausted : ErrorCode::internal,
                 .message = std::string(doing) + ": " + message,
                 .reason = is_memory ? "job_memory" : ""};
}

Result<Image> in_memory(const Image& image) {
    Image copy(vips_image_new_memory());
    if (vips_image_write(image.get(), copy.get()) != 0) {
        return std::unexpected(vips_failure("compute pixels"));
    }
    return copy;
}

Result<Image> from_pixels(std::span<const std::uint8_t> pixels, Size size, std::uint32_t bands) {
    ONPUT_CHECK(pixels.size() == std::size_t{size.width} * size.height * bands);
    VipsImage* made = vips_image_new_from_memory_copy(
        pixels.data(), pixels.size(), static_cast<int>(size.width), static_cast<int>(size.height),
        static_cast<int>(bands), VIPS_FORMAT_UCHAR);
    if (made == nullptr) return std::unexpected(vips_failure("hold pixels"));
    const Image plain(made);
    if (vips_copy(plain.get(), &made, "interpretation", VIPS_INTERPRETATION_sRGB, nullptr) != 0) {
        return std::unexpected(vips_failure("hold pixels"));
    }
    return Image(made);
}

Result<Image> cropped(const Image& image, Box box) {
    VipsImage* made = nullptr;
    if (vips_extract_area(image.get(), &made, static_cast<int>(box.left), static_cast<int>(box.top),
                          static_cast<int>(box.width), static_cast<int>(box.height),
                          nullptr) != 0) {
        return std::unexpected(vips_failure("crop"));
    }
    return Image(made);
}

Result<Image> scaled(const Image& image, Size size) {
    const Size from = image.size();
    if (from == size) return image;
    const double across = static_cast<double>(size.width) / from.width;
    const double down = static_cast<double>(size.height) / from.height;
    ONPUT_TRY(Image made, with_premultiplied(image, "resize", [&](VipsImage* in, VipsImage** out) {
                  return vips_resize(in, out, across, "vscale", down, "kernel",
                                     VIPS_KERNEL_LANCZOS3, nullptr);
              }));
    if (made.size() == size) return made;
    return fail(ErrorCode::internal, "resize came out at another size");
}

Result<Image> shrunk(const Image& image, std::uint32_t factor) {
    if (factor == 1) return image;
    return with_premultiplied(image, "shrink", [&](VipsImage* in, VipsImage** out) {
        return vips_shrink(in, out, factor, factor, nullptr);
    });
}

Result<Image> without_alpha(const Image& image) {
    if (!image.has_alpha()) return image;
    VipsImage* made = nullptr;
    if (vips_extract_band(image.get(), &made, 0, "n", static_cast<int>(image.bands()) - 1,
                          nullptr) != 0) {
        return std::unexpected(vips_failure("drop transparency"));
    }
    return Image(made);
}

Result<Image> with_alpha(const Image& image) {
    if (image.has_alpha()) return image;
    VipsImage* made = nullptr;
    if (vips_bandjoin_const1(image.get(), &made, 255, nullptr) != 0) {
        return std::unexpected(vips_failure("add transparency"));
    }
    return Image(made);
}

}  // namespace onput::image
