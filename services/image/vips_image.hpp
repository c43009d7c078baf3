// Image: one libvips image, shared and never changed, with the operations that several files need.
//
// Images are recipes for pixels until in_memory() computes them. A copy of an Image is another
// reference to the same one. Used by one thread; libvips starts its own where it needs them.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <utility>

#include "common/base/result.hpp"
#include "services/image/geometry.hpp"

typedef struct _VipsImage VipsImage;  // NOLINT: libvips's own name, as in its headers.

namespace onput::image {

class Image {
public:
    Image() = default;
    explicit Image(VipsImage* owned) : handle_(owned) {}
    ~Image();
    Image(const Image& other);
    Image(Image&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
    Image& operator=(Image other) noexcept {
        std::swap(handle_, other.handle_);
        return *this;
    }

    [[nodiscard]] VipsImage* get() const { return handle_; }
    [[nodiscard]] Size size() const;
    [[nodiscard]] std::uint32_t bands() const;
    [[nodiscard]] bool has_alpha() const;
    [[nodiscard]] bool has_profile() const;

    // The bytes of an 8-bit image that is in memory: rows without gaps, bands interleaved.
    [[nodiscard]] std::span<const std::uint8_t> pixels() const;

private:
    VipsImage* handle_ = nullptr;
};

// The last message of libvips, on one line and without its internals' names; forgets it. no_reason
// when there is none.
inline constexpr std::string_view no_reason = "the library gives no reason";
std::string take_vips_message();

// A library's text as a part of a message: one line without hidden characters, of a bounded length.
std::string shown_message(std::string_view text);

// The error of an operation that the photo is not to blame for: resource_exhausted `job_memory`
// when memory ran out, else internal.
Error vips_failure(std::string_view doing);

// True for a message about exhausted memory.
bool is_about_memory(std::string_view message);

// True for a message about what the library has not learnt to read: the file may be whole.
bool is_about_support(std::string_view message);

// Computes the pixels, once.
Result<Image> in_memory(const Image& image);

// 8-bit sRGB or RGBA pixels as an image with a copy of them.
Result<Image> from_pixels(std::span<const std::uint8_t> pixels, Size size, std::uint32_t bands);

// `box` lies inside the image.
Result<Image> cropped(const Image& image, Box box);

// To exactly this size, by libvips's Lanczos kernel; transparent pixels do not bleed.
Result<Image> scaled(const Image& image, Size size);

// Each block of `factor` by `factor` pixels becomes its mean.
Result<Image> shrunk(const Image& image, std::uint32_t factor);

// The colours alone, or the image with an opaque alpha band when it has none.
Result<Image> without_alpha(const Image& image);
Result<Image> with_alpha(const Image& image);

}  // namespace onput::image
