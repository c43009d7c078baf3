// watermark: a picture or a text over the picture.
#include <algorithm>
#include <array>
#include <optional>

#include "common/recipe/step_parsers.hpp"

namespace onput::recipe {
namespace {

constexpr std::string_view object_scheme = "s3://";
constexpr std::size_t bucket_bytes_min = 3;
constexpr std::size_t bucket_bytes_max = 63;
constexpr std::size_t object_name_bytes_max =
    object_scheme.size() + bucket_bytes_max + 1 + key_bytes_max;

constexpr std::array<Choice<Gravity>, 10> gravities{{{"center", Gravity::center},
                                                     {"centre", Gravity::center},
                                                     {"north", Gravity::north},
                                                     {"north-east", Gravity::north_east},
                                                     {"east", Gravity::east},
                                                     {"south-east", Gravity::south_east},
                                                     {"south", Gravity::south},
                                                     {"south-west", Gravity::south_west},
                                                     {"west", Gravity::west},
                                                     {"north-west", Gravity::north_west}}};

struct ObjectName {
    std::string bucket;
    std::string key;
};

std::optional<ObjectName> parse_object_name(std::string_view text) {
    if (!text.starts_with(object_scheme)) return {};
    text.remove_prefix(object_scheme.size());
    const auto slash = text.find('/');
    if (slash == std::string_view::npos) return {};
    const std::string_view bucket = text.substr(0, slash);
    const std::string_view key = text.substr(slash + 1);
    if (!is_bucket_name(bucket) || key.empty() || key.size() > key_bytes_max) return {};
    return ObjectName{.bucket = std::string(bucket), .key = std::string(key)};
}

bool has_control_character(std::string_view text) {
    return std::ranges::any_of(text, [](char c) {
        return (static_cast<unsigned char>(c) < 0x20 && c != '\n') || c == 0x7f;
    });
}

}  // namespace

bool is_bucket_name(std::string_view text) {
    return text.size() >= bucket_bytes_min && text.size() <= bucket_bytes_max &&
           text.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789.-") ==
               std::string_view::npos;
}

Result<Step> parse_watermark(FieldReader& fields) {
    WatermarkStep step;
    std::string image;
    fields.text("image", image, {1, object_name_bytes_max});
    fields.text("text", step.text, {1, watermark_text_bytes_max});
    fields.color("color", step.color, ColorKind::opaque);
    fields.choice<Gravity>("gravity", step.gravity, gravities);
    fields.share("opacity", step.opacity);
    fields.share("scale", step.scale);
    fields.number("margin", step.margin, {0, dimension_max});
    fields.flag("tile", step.tile);
    ONPUT_TRY_VOID(fields.finish());
    if (image.empty() == step.text.empty())
        return refuse(fields.place(), "exactly one of 'image' and 'text' must be given");
    if (has_control_character(step.text))
        return refuse(fields.place(), "'text' has a control character");
    if (image.empty()) return step;
    if (fields.has("color")) return refuse(fields.place(), "'color' goes with 'text' only");
    auto object = parse_object_name(image);
    if (!object) {
        return refuse(fields.place(), "'image' '" + shown(image) + "' is not s3://bucket/key");
    }
    step.image_bucket = std::move(object->bucket);
    step.image_key = std::move(object->key);
    return step;
}

}  // namespace onput::recipe
