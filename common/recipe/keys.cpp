// Where results lie, and what they are called.
#include <algorithm>
#include <array>

#include "common/base/check.hpp"
#include "common/base/digest.hpp"
#include "common/base/encoding.hpp"
#include "common/recipe/recipe.hpp"

namespace onput::recipe {
namespace {

constexpr std::size_t extension_bytes_max = 8;
constexpr std::size_t fingerprint_digits = 16;

struct FileType {
    std::string_view extension;
    std::string_view content_type;
};
// In the order of ImageFormat.
constexpr std::array<FileType, 5> file_types{{{"jpg", "image/jpeg"},
                                              {"png", "image/png"},
                                              {"webp", "image/webp"},
                                              {"avif", "image/avif"},
                                              {"gif", "image/gif"}}};

bool is_letter_or_digit(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

// The extension with its dot. Empty: there is none, or the name is nothing but it (".profile"), or
// what follows the last dot is no extension ("St. Mary").
std::string_view extension_in(std::string_view key) {
    const auto slash = key.rfind('/');
    const std::string_view name = slash == std::string_view::npos ? key : key.substr(slash + 1);
    const auto dot = name.rfind('.');
    if (dot == std::string_view::npos || dot == 0) return {};
    const std::string_view extension = name.substr(dot + 1);
    if (extension.empty() || extension.size() > extension_bytes_max) return {};
    if (!std::ranges::all_of(extension, is_letter_or_digit)) return {};
    return name.substr(dot);
}

// `stem` + `suffix`; when that is too long, the stem is cut and a hash of the whole input key keeps
// the results of two long keys apart.
std::string bounded(std::string_view stem, const std::string& suffix, std::string_view input_key,
                    std::size_t bytes_max) {
    if (stem.size() + suffix.size() <= bytes_max) return std::string(stem) + suffix;
    const std::string mark =
        "~" + to_hex(Digest::of(DigestAlgorithm::sha256, input_key)).substr(0, fingerprint_digits);
    ONPUT_CHECK(bytes_max > mark.size() + suffix.size());
    std::size_t end = std::min(stem.size(), bytes_max - mark.size() - suffix.size());
    // Not within a character: the bytes that continue one start with the bits 10.
    while (end > 0 && end < stem.size() && (static_cast<unsigned char>(stem[end]) & 0xC0U) == 0x80)
        --end;
    return std::string(stem.substr(0, end)) + mark + suffix;
}

}  // namespace

std::string derivative_key(std::string_view input_key, std::string_view derivative,
                           ImageFormat format, std::size_t bytes_max) {
    std::string_view stem = input_key;
    stem.remove_suffix(extension_in(input_key).size());
    const std::string suffix =
        "." + std::string(derivative) + "." + std::string(extension_of(format));
    return bounded(stem, suffix, input_key, bytes_max);
}

std::string sidecar_key(std::string_view input_key, std::size_t bytes_max) {
    const std::string_view extension = extension_in(input_key);
    std::string_view stem = input_key;
    // A photo that is called .json keeps that: its sidecar beside it would overwrite it.
    if (extension != ".json") stem.remove_suffix(extension.size());
    return bounded(stem, ".json", input_key, bytes_max);
}

std::string quarantine_key(std::string_view input_key, std::size_t bytes_max) {
    return bounded(input_key, {}, input_key, bytes_max);
}

std::string_view extension_of(ImageFormat format) {
    return file_types[static_cast<std::size_t>(format)].extension;
}

std::string_view content_type_of(ImageFormat format) {
    return file_types[static_cast<std::size_t>(format)].content_type;
}

}  // namespace onput::recipe
