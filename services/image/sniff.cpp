#include "services/image/sniff.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <string>

#include "services/image/bmp.hpp"

namespace onput::image {
namespace {

using namespace std::string_view_literals;

constexpr std::string_view what_is_read = "JPEG, PNG, WebP, GIF, TIFF, BMP, HEIF and AVIF are read";
constexpr std::size_t shown_bytes_max = 12;    // Of the beginning, in a message.
constexpr std::size_t markup_bytes_max = 512;  // A comment may stand before <svg.
constexpr std::size_t brands_max = 16;

struct Magic {
    std::string_view bytes;
    PhotoFormat format;
};

constexpr std::array magics{
    Magic{"\xff\xd8\xff"sv, PhotoFormat::jpeg},    Magic{"\x89PNG\r\n\x1a\n"sv, PhotoFormat::png},
    Magic{"GIF87a"sv, PhotoFormat::gif},           Magic{"GIF89a"sv, PhotoFormat::gif},
    Magic{"II*\0"sv, PhotoFormat::tiff},           Magic{"MM\0*"sv, PhotoFormat::tiff},
    Magic{"II+\0\x08\0\0\0"sv, PhotoFormat::tiff}, Magic{"MM\0+\0\x08\0\0"sv, PhotoFormat::tiff},
};

struct Refused {
    std::string_view bytes;
    std::string_view name;
};

constexpr std::array refused{
    Refused{"%PDF-"sv, "a PDF document"},
    Refused{"8BPS"sv, "a Photoshop document"},
    Refused{"\xff\x0a"sv, "a JPEG XL image"},
    Refused{"\0\0\0\x0cJXL \r\n"sv, "a JPEG XL image"},
    Refused{"\0\0\0\x0cjP  \r\n"sv, "a JPEG 2000 image"},
    Refused{"\xff\x4f\xff\x51"sv, "a JPEG 2000 image"},
    Refused{"\x76\x2f\x31\x01"sv, "an OpenEXR image"},
    Refused{"\0\0\1\0"sv, "an icon"},
    Refused{"P6\n"sv, "a PPM image"},
    Refused{"P5\n"sv, "a PGM image"},
    Refused{"#?RADIANCE"sv, "a Radiance image"},
    Refused{"PK\3\4"sv, "a zip archive"},
    Refused{"\x1f\x8b"sv, "a gzip file"},
    Refused{"\x1a\x45\xdf\xa3"sv, "a Matroska video"},
};

// ISO media: HEIF and AVIF name their brands in the first box.
std::optional<PhotoFormat> sniff_media_box(std::string_view bytes) {
    if (bytes.size() < 16 || bytes.substr(4, 4) != "ftyp") return std::nullopt;
    std::optional<PhotoFormat> found;
    const std::size_t end =
        std::min({bytes.size(), std::size_t{8 + 4 * brands_max},
                  static_cast<std::size_t>(static_cast<unsigned char>(bytes[3])) +
                      (bytes.substr(0, 3) == "\0\0\0"sv ? 0U : 256U)});
    for (std::size_t at = 8; at + 4 <= end; at += 4) {
        if (at == 12) continue;  // The version of the major brand.
        const std::string_view brand = bytes.substr(at, 4);
        if (brand == "avif" || brand == "avis") return PhotoFormat::avif;
        if (brand == "heic" || brand == "heix" || brand == "heim" || brand == "heis" ||
            brand == "hevc" || brand == "mif1" || brand == "msf1") {
            found = PhotoFormat::heif;
        }
    }
    return found;
}

bool is_svg(std::string_view bytes) {
    const std::string_view head = bytes.substr(0, markup_bytes_max);
    const std::size_t begin = head.find_first_not_of(" \t\r\n\xef\xbb\xbf");
    return begin != std::string_view::npos && head[begin] == '<' &&
           head.find("<svg") != std::string_view::npos;
}

std::string shown(std::string_view bytes) {
    constexpr std::string_view digits = "0123456789abcdef";
    const std::string_view head = bytes.substr(0, shown_bytes_max);
    if (std::ranges::all_of(head, [](char c) { return c >= ' ' && c <= '~'; })) {
        return "'" + std::string(head) + "'";
    }
    std::string text = "the bytes";
    for (const char c : head) {
        const auto byte = static_cast<unsigned char>(c);
        text += ' ';
        text += digits[byte >> 4];
        text += digits[byte & 15];
    }
    return text;
}

std::unexpected<Error> refuse(std::string_view name) {
    return fail(ErrorCode::invalid_argument,
                "it is " + std::string(name) + "; " + std::string(what_is_read),
                "unsupported_format");
}

}  // namespace

std::string_view to_string(PhotoFormat format) {
    switch (format) {
        case PhotoFormat::jpeg: return "jpeg";
        case PhotoFormat::png: return "png";
        case PhotoFormat::webp: return "webp";
        case PhotoFormat::gif: return "gif";
        case PhotoFormat::tiff: return "tiff";
        case PhotoFormat::heif: return "heif";
        case PhotoFormat::avif: return "avif";
        case PhotoFormat::bmp: return "bmp";
    }
    return "";
}

Result<PhotoFormat> sniff(std::string_view bytes) {
    if (bytes.empty()) {
        return fail(ErrorCode::invalid_argument, "it is empty", "not_an_image");
    }
    for (const Magic& magic : magics) {
        if (bytes.starts_with(magic.bytes)) return magic.format;
    }
    if (bytes.starts_with("RIFF") && bytes.size() >= 12 && bytes.substr(8, 4) == "WEBP") {
        return PhotoFormat::webp;
    }
    if (const auto format = sniff_media_box(bytes)) return *format;
    if (is_bmp(bytes)) return PhotoFormat::bmp;
    if (bytes.size() >= 12 && bytes.substr(4, 4) == "ftyp") return refuse("a video");
    if (is_svg(bytes)) return refuse("an SVG drawing");
    for (const Refused& known : refused) {
        if (bytes.starts_with(known.bytes)) return refuse(known.name);
    }
    return fail(
        ErrorCode::invalid_argument,
        "it begins with " + shown(bytes) + ", as no image does; " + std::string(what_is_read),
        "not_an_image");
}

}  // namespace onput::image
