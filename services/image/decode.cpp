#include "services/image/decode.hpp"

#include <algorithm>
#include <memory>
#include <string>
#include <vips/vips.h>

#include <fmt/format.h>

#include "services/image/bmp.hpp"
#include "services/image/color_space.hpp"
#include "services/image/gif_structure.hpp"
#include "services/image/memory.hpp"

namespace onput::image {
namespace {

constexpr std::uint32_t jpeg_shrink_max = 8;
constexpr const char* heif_primary = "heif-primary";

std::string with_commas(std::uint64_t number) {
    std::string digits = std::to_string(number);
    for (std::size_t at = digits.size(); at > 3; at -= 3) digits.insert(at - 3, 1, ',');
    return digits;
}

// A loader gave up. A file that it has not learnt to read may be whole.
std::unexpected<Error> unreadable(std::string_view format, const std::string& why) {
    if (is_about_memory(why)) {
        return fail(ErrorCode::resource_exhausted, "decode: " + why, "job_memory");
    }
    if (is_about_support(why)) {
        return fail(ErrorCode::invalid_argument,
                    fmt::format("the {} is of a kind that is not read: {}", format, why),
                    "unsupported_format");
    }
    return fail(ErrorCode::invalid_argument, fmt::format("the {} is damaged: {}", format, why),
                "damaged");
}

// What a decoder says beside its error, while this lives: libpng's "IDAT: CRC error" comes this
// way.
class FirstWarning {
public:
    FirstWarning() : handler_(g_log_set_handler("VIPS", G_LOG_LEVEL_WARNING, note, this)) {}
    ~FirstWarning() { g_log_remove_handler("VIPS", handler_); }
    FirstWarning(const FirstWarning&) = delete;
    FirstWarning& operator=(const FirstWarning&) = delete;

    // "libpng read error (IDAT: CRC error)"
    [[nodiscard]] std::string explain(std::string message) const {
        if (text_.empty() || text_ == message) return message;
        if (message == no_reason) return text_;
        return std::move(message) + " (" + text_ + ")";
    }

private:
    static void note(const char* /*domain*/, GLogLevelFlags /*level*/, const char* text,
                     void* self) {
        auto* warning = static_cast<FirstWarning*>(self);
        const std::string_view said = text == nullptr ? "" : text;
        // The line already names the tile that failed.
        if (warning->text_.empty() && !said.starts_with("error in tile")) {
            warning->text_ = shown_message(said);
        }
    }

    guint handler_;
    std::string text_;
};

struct Opening {
    PhotoFormat format = PhotoFormat::jpeg;
    std::uint32_t page = 0;
    int pages = 1;  // -1: all.
    std::uint32_t shrink = 1;
};

// nullptr when the loader refuses. Lazy: reads the header only.
VipsImage* open_image(std::string_view bytes, const Opening& opening) {
    // libvips takes a pointer that is not const, and only reads.
    void* data = const_cast<char*>(bytes.data());
    const std::size_t size = bytes.size();
    const int page = static_cast<int>(opening.page);
    VipsImage* made = nullptr;
    switch (opening.format) {
        case PhotoFormat::jpeg:
            vips_jpegload_buffer(data, size, &made, "shrink", static_cast<int>(opening.shrink),
                                 "access", VIPS_ACCESS_SEQUENTIAL, "fail_on", VIPS_FAIL_ON_ERROR,
                                 nullptr);
            break;
        case PhotoFormat::png:
            vips_pngload_buffer(data, size, &made, "access", VIPS_ACCESS_SEQUENTIAL, "fail_on",
                                VIPS_FAIL_ON_ERROR, nullptr);
            break;
        case PhotoFormat::webp:
            vips_webpload_buffer(data, size, &made, "n", opening.pages, "access",
                                 VIPS_ACCESS_SEQUENTIAL, "fail_on", VIPS_FAIL_ON_ERROR, nullptr);
            break;
        case PhotoFormat::gif:
            vips_gifload_buffer(data, size, &made, "n", opening.pages, "access",
                                VIPS_ACCESS_SEQUENTIAL, "fail_on", VIPS_FAIL_ON_ERROR, nullptr);
            break;
        case PhotoFormat::tiff:
            vips_tiffload_buffer(data, size, &made, "access", VIPS_ACCESS_SEQUENTIAL, "fail_on",
                                 VIPS_FAIL_ON_ERROR, nullptr);
            break;
        case PhotoFormat::heif:
        case PhotoFormat::avif:
            vips_heifload_buffer(data, size, &made, "page", page, "access", VIPS_ACCESS_SEQUENTIAL,
                                 "fail_on", VIPS_FAIL_ON_ERROR, nullptr);
            break;
        case PhotoFormat::bmp: break;  // Not libvips's: see bmp.hpp.
    }
    return made;
}

Result<Image> open_or_explain(std::string_view bytes, const Opening& opening) {
    if (opening.format == PhotoFormat::bmp) {
        ONPUT_TRY(const BmpHeader header, read_bmp_header(bytes));
        return decode_bmp(bytes, header);
    }
    const FirstWarning warning;
    VipsImage* made = open_image(bytes, opening);
    if (made != nullptr) return Image(made);
    return unreadable(to_string(opening.format), warning.explain(take_vips_message()));
}

// Bytes that decoding this takes at its peak, as far as the header shows.
std::uint64_t estimate_bytes(const PhotoHeader& header, std::uint32_t scale) {
    const std::uint64_t pixels = count_pixels(header.size, header.pages_decoded());
    const std::uint64_t bands = std::clamp(header.image.bands(), 3U, 4U);
    std::uint64_t bytes = pixels / (std::uint64_t{scale} * scale) * bands;
    if (header.orientation != 1) bytes *= 2;  // A turned copy is made before the first is freed.
    int multiscan = 0;
    const bool has_scans =
        vips_image_get_typeof(header.image.get(), "jpeg-multiscan") != 0 &&
        vips_image_get_int(header.image.get(), "jpeg-multiscan", &multiscan) == 0;
    // Progressive JPEG: the coefficients of the whole picture, 16 bits each.
    if (has_scans && multiscan != 0) bytes += pixels * bands * 2;
    // These decode a page as a whole before its first line comes.
    const std::uint64_t page = std::uint64_t{header.size.width} * header.size.height;
    if (header.format == PhotoFormat::webp || header.format == PhotoFormat::gif) bytes += page * 8;
    if (header.format == PhotoFormat::bmp) bytes += page * 8;
    if (header.format == PhotoFormat::heif || header.format == PhotoFormat::avif) bytes += page * 7;
    return bytes;
}

// "premature end of JPEG image, at about line 1,204 of 2,400"
std::string describe_failure(const PhotoHeader& header, const std::string& message,
                             std::uint64_t lines, std::uint32_t scale) {
    const std::uint64_t all = std::uint64_t{header.size.height} * header.pages_decoded();
    const std::uint64_t line = std::min(lines * scale, all);
    if (!header.is_animated) {
        return message + ", at about line " + with_commas(line) + " of " + with_commas(all);
    }
    const std::uint64_t page = std::min(line / header.size.height + 1, std::uint64_t{header.pages});
    return message + ", at about page " + with_commas(page) + " of " + with_commas(header.pages);
}

Result<std::vector<Image>> split_pages(const Image& roll, Size page, std::uint32_t pages) {
    if (pages == 1) return std::vector<Image>{roll};
    std::vector<Image> split;
    for (std::uint32_t i = 0; i < pages; ++i) {
        ONPUT_TRY(Image one, cropped(roll, {.left = 0,
                                            .top = i * page.height,
                                            .width = page.width,
                                            .height = page.height}));
        split.push_back(std::move(one));
    }
    return split;
}

// Lines that are decoded at a time: what a JPEG decodes at once.
constexpr std::uint32_t strip_lines = 16;

// The lines from `top` on into `pixels`. False when the decoder fails.
bool copy_strip(VipsRegion* region, VipsImage* pixels, std::uint32_t top) {
    VipsRect strip{.left = 0,
                   .top = static_cast<int>(top),
                   .width = vips_image_get_width(pixels),
                   .height = std::min(static_cast<int>(strip_lines),
                                      vips_image_get_height(pixels) - static_cast<int>(top))};
    if (vips_region_prepare(region, &strip) != 0) return false;
    for (int y = strip.top; y < strip.top + strip.height; ++y) {
        if (vips_image_write_line(pixels, y, VIPS_REGION_ADDR(region, 0, y)) != 0) return false;
    }
    return true;
}

// Decodes into memory, from top to bottom in this thread: so it is known where a decoder gave up.
// The first failure is the file's, or memory's.
Result<Image> compute(const PhotoHeader& header, const Image& lazy, std::uint32_t scale) {
    const FirstWarning warning;
    Image pixels(vips_image_new_memory());
    const std::unique_ptr<VipsRegion, void (*)(void*)> region(vips_region_new(lazy.get()),
                                                              g_object_unref);
    bool is_fine =
        vips_image_pipelinev(pixels.get(), VIPS_DEMAND_STYLE_THINSTRIP, lazy.get(), nullptr) == 0 &&
        vips_image_write_prepare(pixels.get()) == 0;
    const std::uint32_t height = lazy.size().height;
    std::uint32_t top = 0;
    while (is_fine && top < height) {
        is_fine = copy_strip(region.get(), pixels.get(), top);
        if (is_fine) top += strip_lines;
    }
    if (is_fine) return pixels;
    const std::string message = warning.explain(take_vips_message());
    return unreadable(to_string(header.format), describe_failure(header, message, top, scale));
}

std::uint32_t metadata_number(const Image& image, const char* name, std::uint32_t otherwise) {
    int value = 0;
    if (vips_image_get_typeof(image.get(), name) == 0) return otherwise;
    if (vips_image_get_int(image.get(), name, &value) != 0 || value < 0) return otherwise;
    return static_cast<std::uint32_t>(value);
}

}  // namespace

Result<void> check_limits(Size size, std::uint32_t pages, const recipe::Limits& limits) {
    if (pages > limits.pages) {
        return fail(ErrorCode::invalid_argument,
                    "it has " + with_commas(pages) + " pages; " + with_commas(limits.pages) +
                        " are allowed",
                    "too_many_pages");
    }
    if (count_pixels(size, pages) <= limits.pixels) return {};
    const std::string of_pages = pages == 1 ? "" : " on each of " + with_commas(pages) + " pages";
    return fail(ErrorCode::invalid_argument,
                "it has " + with_commas(size.width) + " x " + with_commas(size.height) + " pixels" +
                    of_pages + "; " + with_commas(limits.pixels) + " in all are allowed",
                "too_many_pixels");
}

Result<PhotoHeader> read_header(std::string_view bytes, const recipe::Limits& limits) {
    if (bytes.size() > limits.bytes) {
        return fail(ErrorCode::invalid_argument,
                    "it has " + with_commas(bytes.size()) + " bytes; " + with_commas(limits.bytes) +
                        " are allowed",
                    "too_many_bytes");
    }
    ONPUT_TRY(const PhotoFormat format, sniff(bytes));
    if (format == PhotoFormat::gif) ONPUT_TRY_VOID(check_gif(bytes));
    PhotoHeader header{.format = format};
    if (format == PhotoFormat::bmp) {
        ONPUT_TRY(const BmpHeader bmp, read_bmp_header(bytes));
        ONPUT_TRY_VOID(check_limits(bmp.size, 1, limits));
        ONPUT_TRY(header.image, bmp_outline(bmp));
    } else {
        ONPUT_TRY(header.image, open_or_explain(bytes, {.format = format}));
    }
    header.pages = std::max(1U, metadata_number(header.image, VIPS_META_N_PAGES, 1));
    header.page = metadata_number(header.image, heif_primary, 0);
    const bool is_media = format == PhotoFormat::heif || format == PhotoFormat::avif;
    if (is_media && header.page > 0 && header.page < header.pages) {
        ONPUT_TRY(header.image, open_or_explain(bytes, {.format = format, .page = header.page}));
    }
    header.size = header.image.size();
    header.orientation =
        std::clamp(metadata_number(header.image, VIPS_META_ORIENTATION, 1), 1U, 8U);
    ONPUT_TRY_VOID(check_limits(header.size, 1, limits));
    const bool is_moving =
        header.pages > 1 && (format == PhotoFormat::gif || format == PhotoFormat::webp);
    if (!is_moving) return header;
    auto whole = check_limits(header.size, header.pages, limits);
    header.is_animated = whole.has_value();
    if (!whole) header.only_first_page = std::move(whole).error();
    return header;
}

Result<DecodedPhoto> decode(const PhotoHeader& header, std::string_view bytes,
                            std::uint32_t scale) {
    ONPUT_TRY_VOID(reserve_memory(estimate_bytes(header, scale)));
    const bool is_jpeg = header.format == PhotoFormat::jpeg;
    const std::uint32_t shrink = is_jpeg ? std::min(scale, jpeg_shrink_max) : 1;
    ONPUT_TRY(const Image opened, open_or_explain(bytes, {.format = header.format,
                                                          .page = header.page,
                                                          .pages = header.is_animated ? -1 : 1,
                                                          .shrink = shrink}));
    ONPUT_TRY(const Image small, shrunk(opened, scale / shrink));
    DecodedPhoto photo;
    ONPUT_TRY(const Image lazy, to_rgb(small, photo.is_gray));
    ONPUT_TRY(const Image pixels, compute(header, lazy, scale));
    const Size page = header.is_animated ? header.size : pixels.size();
    ONPUT_TRY(auto pages, split_pages(pixels, page, header.pages_decoded()));
    photo.pages = std::move(pages);
    return photo;
}

}  // namespace onput::image
