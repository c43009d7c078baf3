#include "services/image/bmp.hpp"

#include <algorithm>
#include <array>
#include <gdk-pixbuf/gdk-pixbuf.h>
#include <memory>
#include <optional>
#include <string>
#include <vector>
#include <vips/vips.h>

#include <fmt/format.h>

namespace onput::image {
namespace {

using namespace std::string_view_literals;

constexpr std::size_t file_header_bytes = 14;
constexpr std::size_t offset_at = 10;
constexpr std::string_view no_sides = "its header has no width or no height";
constexpr std::uint32_t core_header_bytes = 12;        // OS/2's, with sides of 16 bits.
constexpr std::uint32_t alpha_mask_header_bytes = 56;  // The first with a mask of transparency.
constexpr std::array<std::uint32_t, 7> known_header_bytes{
    core_header_bytes, 40, 52, alpha_mask_header_bytes, 64, 108, 124};
constexpr std::uint32_t compression_rle8 = 1;
constexpr std::uint32_t compression_rle4 = 2;
constexpr std::uint32_t compression_bitfields = 3;

// Little-endian; 0 behind the end.
std::uint32_t number_at(std::string_view bytes, std::size_t at, std::size_t length) {
    std::uint32_t value = 0;
    for (std::size_t i = length; i-- > 0;) {
        value <<= 8;
        if (at + i < bytes.size()) value |= static_cast<unsigned char>(bytes[at + i]);
    }
    return value;
}

std::uint32_t header_bytes_of(std::string_view bytes) {
    return number_at(bytes, file_header_bytes, 4);
}

std::unexpected<Error> damaged(std::string_view why) {
    return fail(ErrorCode::invalid_argument, fmt::format("the bmp is damaged: {}", why), "damaged");
}

std::unexpected<Error> explain(GError* error) {
    const std::unique_ptr<GError, void (*)(GError*)> owner(error, g_error_free);
    const std::string why =
        shown_message(error == nullptr || error->message == nullptr ? no_reason : error->message);
    if (error != nullptr &&
        g_error_matches(error, GDK_PIXBUF_ERROR, GDK_PIXBUF_ERROR_INSUFFICIENT_MEMORY) != 0) {
        return fail(ErrorCode::resource_exhausted, "decode: " + why, "job_memory");
    }
    if (!is_about_support(why)) return damaged(why);
    return fail(ErrorCode::invalid_argument,
                fmt::format("the bmp is of a kind that is not read: {}", why),
                "unsupported_format");
}

// Rows without gaps; of a pixbuf's four bands as many as are asked for.
std::vector<std::uint8_t> pixels_of(const GdkPixbuf* pixbuf, Size size, std::uint32_t bands) {
    const auto stored = static_cast<std::uint32_t>(gdk_pixbuf_get_n_channels(pixbuf));
    const auto stride = static_cast<std::size_t>(gdk_pixbuf_get_rowstride(pixbuf));
    const guint8* rows = gdk_pixbuf_read_pixels(pixbuf);
    std::vector<std::uint8_t> pixels;
    pixels.reserve(std::size_t{size.width} * size.height * bands);
    for (std::size_t y = 0; y < size.height; ++y) {
        const guint8* pixel = rows + y * stride;
        for (std::uint32_t x = 0; x < size.width; ++x, pixel += stored) {
            pixels.insert(pixels.end(), pixel, pixel + bands);
        }
    }
    return pixels;
}

// Writers that know nothing of transparency leave its band empty.
bool is_all_clear(std::span<const std::uint8_t> rgba) {
    for (std::size_t i = 3; i < rgba.size(); i += 4) {
        if (rgba[i] != 0) return false;
    }
    return true;
}

// Runs of pixels up to the mark that ends them, or to the end of the last line.
bool has_all_runs(std::string_view runs, const BmpHeader& header) {
    constexpr std::uint32_t end_of_line = 0;
    constexpr std::uint32_t end_of_picture = 1;
    constexpr std::uint32_t jump = 2;
    std::uint64_t line = 0;
    std::uint64_t column = 0;
    std::size_t at = 0;
    while (at + 1 < runs.size()) {
        const std::uint32_t count = number_at(runs, at, 1);
        const std::uint32_t what = number_at(runs, at + 1, 1);
        at += 2;
        if (count > 0) {
            column += count;
        } else if (what == end_of_line) {
            ++line;
            column = 0;
        } else if (what == end_of_picture) {
            return true;
        } else if (what == jump) {
            column += number_at(runs, at, 1);
            line += number_at(runs, at + 1, 1);
            at += 2;
        } else {
            column += what;
            at += (what * header.bits / 8 + what * header.bits % 8 / 4 + 1) / 2 * 2;
        }
    }
    const bool ends_in_last_line = line + 1 == header.size.height && column >= header.size.width;
    return at <= runs.size() && (ends_in_last_line || line >= header.size.height);
}

}  // namespace

bool has_all_pixels(std::string_view bytes, const BmpHeader& header) {
    if (header.offset > bytes.size()) return false;
    const std::string_view pixels = bytes.substr(header.offset);
    if (header.is_run_length_encoded) return has_all_runs(pixels, header);
    const std::uint64_t row_bits = std::uint64_t{header.size.width} * header.bits;
    const std::uint64_t padded = (row_bits + 31) / 32 * 4;
    const std::uint64_t needed = padded * (header.size.height - 1) + (row_bits + 7) / 8;
    return pixels.size() >= needed;
}

bool is_bmp(std::string_view bytes) {
    return bytes.starts_with("BM") &&
           std::ranges::find(known_header_bytes, header_bytes_of(bytes)) !=
               known_header_bytes.end();
}

Result<BmpHeader> read_bmp_header(std::string_view bytes) {
    const std::uint32_t length = header_bytes_of(bytes);
    if (bytes.size() < file_header_bytes + length) return damaged("its header is cut");
    constexpr std::size_t at = file_header_bytes + 4;
    if (length == core_header_bytes) {
        const BmpHeader core{.size = {number_at(bytes, at, 2), number_at(bytes, at + 2, 2)},
                             .bits = number_at(bytes, at + 6, 2),
                             .offset = number_at(bytes, offset_at, 4)};
        if (core.size.width == 0 || core.size.height == 0) return damaged(no_sides);
        return core;
    }
    const std::uint32_t width = number_at(bytes, at, 4);
    const std::uint32_t height = number_at(bytes, at + 4, 4);
    const bool is_from_top = height > INT32_MAX;  // A negative number.
    BmpHeader header{.size = {width, is_from_top ? 0U - height : height},
                     .bits = number_at(bytes, at + 10, 2),
                     .offset = number_at(bytes, offset_at, 4)};
    if (width > INT32_MAX || width == 0 || height == 0) return damaged(no_sides);
    const std::uint32_t compression = number_at(bytes, at + 12, 4);
    header.is_run_length_encoded =
        compression == compression_rle8 || compression == compression_rle4;
    constexpr std::size_t alpha_mask = file_header_bytes + 52;
    header.has_alpha = length >= alpha_mask_header_bytes && length != 64 &&
                       compression == compression_bitfields && number_at(bytes, alpha_mask, 4) != 0;
    return header;
}

Result<Image> bmp_outline(const BmpHeader& header) {
    VipsImage* made = nullptr;
    if (vips_black(&made, static_cast<int>(header.size.width), static_cast<int>(header.size.height),
                   "bands", header.has_alpha ? 4 : 3, nullptr) != 0) {
        return std::unexpected(vips_failure("outline a bmp"));
    }
    const Image black(made);
    if (vips_copy(black.get(), &made, "interpretation", VIPS_INTERPRETATION_sRGB, nullptr) != 0) {
        return std::unexpected(vips_failure("outline a bmp"));
    }
    return Image(made);
}

Result<Image> decode_bmp(std::string_view bytes, const BmpHeader& header) {
    if (!has_all_pixels(bytes, header)) return damaged("it ends before its last pixel");
    GError* error = nullptr;
    const std::unique_ptr<GdkPixbufLoader, void (*)(void*)> loader(
        gdk_pixbuf_loader_new_with_type("bmp", &error), g_object_unref);
    if (loader == nullptr) {
        return fail(ErrorCode::internal, "read a bmp: gdk-pixbuf's module cannot be loaded");
    }
    // The last row may lack what would fill it up to 32 bits, without which it is not read.
    constexpr std::array<guchar, 4> filling{};
    const bool is_written =
        gdk_pixbuf_loader_write(loader.get(), reinterpret_cast<const guchar*>(bytes.data()),
                                bytes.size(), &error) != 0 &&
        gdk_pixbuf_loader_write(loader.get(), filling.data(), filling.size(), &error) != 0;
    // Whatever was written, the loader wants to be closed.
    const bool is_whole = gdk_pixbuf_loader_close(loader.get(), is_written ? &error : nullptr) != 0;
    if (!is_written || !is_whole) return explain(error);
    const GdkPixbuf* pixbuf = gdk_pixbuf_loader_get_pixbuf(loader.get());
    if (pixbuf == nullptr) return damaged("it has no pixels");
    const Size size{static_cast<std::uint32_t>(gdk_pixbuf_get_width(pixbuf)),
                    static_cast<std::uint32_t>(gdk_pixbuf_get_height(pixbuf))};
    if (size != header.size) return damaged("its pixels do not fit its header");
    const bool has_alpha = gdk_pixbuf_get_has_alpha(pixbuf) != 0;
    std::uint32_t bands = header.has_alpha && has_alpha ? 4 : 3;
    std::vector<std::uint8_t> pixels = pixels_of(pixbuf, size, bands);
    if (bands == 4 && is_all_clear(pixels)) pixels = pixels_of(pixbuf, size, bands = 3);
    return from_pixels(pixels, size, bands);
}

Result<void> load_bmp_reader() {
    constexpr std::string_view smallest =
        "BM\x3a\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0\x01\0\0\0\x01\0\0\0\x01\0\x18\0\0\0\0\0\x04\0\0\0"
        "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"sv;
    auto made = decode_bmp(smallest, {.size = {1, 1}, .bits = 24});
    if (made) return {};
    return std::unexpected(std::move(made.error()).with_context("try gdk-pixbuf"));
}

}  // namespace onput::image
