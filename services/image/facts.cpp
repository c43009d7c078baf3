#include "services/image/facts.hpp"

#include <algorithm>
#include <vips/vips.h>

#include "common/base/encoding.hpp"
#include "common/base/utf8.hpp"

namespace onput::image {
namespace {

constexpr std::string_view exif_prefix = "exif-ifd";
constexpr char camera_directory = '0';
constexpr char photo_directory = '2';
constexpr char gps_directory = '3';

bool is_plain_name(std::string_view name) {
    return !name.empty() && std::ranges::all_of(name, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    });
}

// "exif-ifd0-Make" -> a field "Make" of directory 0.
void note_exif(PhotoFacts& facts, std::string_view name, std::string_view value) {
    if (!name.starts_with(exif_prefix) || name.size() < exif_prefix.size() + 3) return;
    const char directory = name[exif_prefix.size()];
    const std::string_view field = name.substr(exif_prefix.size() + 2);
    if (directory == gps_directory) {
        facts.has_gps = true;
        return;
    }
    if (directory != camera_directory && directory != photo_directory) return;
    // The maker's note is of a form that only the maker knows.
    if (!is_plain_name(field) || field == "MakerNote") return;
    if (facts.exif.size() >= exif_fields_max) return;
    facts.exif.emplace(field, readable_exif(value));
}

void* note_field(VipsImage* /*image*/, const char* name, GValue* value, void* facts) {
    if (G_VALUE_TYPE(value) != VIPS_TYPE_REF_STRING) return nullptr;
    note_exif(*static_cast<PhotoFacts*>(facts), name, vips_value_get_ref_string(value, nullptr));
    return nullptr;
}

bool has_gps_in_xmp(const Image& image) {
    const void* data = nullptr;
    std::size_t size = 0;
    if (vips_image_get_typeof(image.get(), VIPS_META_XMP_NAME) == 0) return false;
    if (vips_image_get_blob(image.get(), VIPS_META_XMP_NAME, &data, &size) != 0) return false;
    return std::string_view(static_cast<const char*>(data), size).find("GPSLatitude") !=
           std::string_view::npos;
}

}  // namespace

std::string readable_exif(std::string_view value) {
    std::string_view text = value;
    // "VALUE (TEXT, FORMAT, N components, N bytes)": the last three say how it is stored.
    for (int i = 0; i < 3; ++i) {
        const std::size_t comma = text.rfind(", ");
        if (comma == std::string_view::npos || !value.ends_with(" bytes)")) break;
        text = text.substr(0, comma);
    }
    if (text.size() != value.size()) {
        // A text stands there twice, and may itself hold " (".
        const std::size_t half = (text.size() - std::min<std::size_t>(text.size(), 2)) / 2;
        const bool is_twice = text.size() == 2 * half + 2 && text.substr(half, 2) == " (" &&
                              text.substr(0, half) == text.substr(half + 2);
        const std::size_t open = is_twice ? half : text.find(" (");
        if (open != std::string_view::npos) text = text.substr(open + 2);
    }
    std::string clean;
    for (const char c : text) {
        const bool is_control = static_cast<unsigned char>(c) < ' ' || c == 0x7f;
        clean += is_control ? ' ' : c;
    }
    clean.resize(utf8_prefix(clean, exif_value_bytes_max).size());
    if (!is_utf8(clean)) {
        std::erase_if(clean, [](char c) { return static_cast<unsigned char>(c) >= 0x80; });
    }
    const std::size_t last = clean.find_last_not_of(' ');
    clean.resize(last == std::string::npos ? 0 : last + 1);
    return clean;
}

PhotoFacts read_facts(const PhotoHeader& header) {
    VipsImage* image = header.image.get();
    const bool is_on_its_side = header.orientation >= 5;
    const Size upright = turned_size(header.size, is_on_its_side ? 1 : 0);
    const char* space =
        vips_enum_nick(VIPS_TYPE_INTERPRETATION, vips_image_guess_interpretation(image));
    PhotoFacts facts{
        .format = std::string(to_string(header.format)),
        .width = upright.width,
        .height = upright.height,
        .pages = header.pages,
        .bands = header.image.bands(),
        .bits = static_cast<std::uint32_t>(vips_format_sizeof(vips_image_get_format(image)) * 8),
        .color_space = space == nullptr ? "" : space,
        .has_alpha = header.image.has_alpha(),
        .has_profile = header.image.has_profile(),
        .orientation = header.orientation,
    };
    vips_image_map(image, note_field, &facts);
    facts.has_gps = facts.has_gps || has_gps_in_xmp(header.image);
    return facts;
}

}  // namespace onput::image
