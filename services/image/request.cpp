#include "services/image/request.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <vector>

#include <fmt/format.h>

#include "common/base/encoding.hpp"

namespace onput::image {
namespace {

const std::string derivatives_name = "onput-derivatives";
const std::string function_name = "onput-function";
// The printable ASCII characters that percent-encoding would touch, '%' left out.
constexpr std::string_view printable_ascii = " !\"#$&'()*+,/:;<=>?@[\\]^`{|}";

std::string_view trim(std::string_view text) {
    const auto first = text.find_first_not_of(" \t");
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

// Between commas; blanks around a name do not count.
std::vector<std::string> split_names(std::string_view text) {
    std::vector<std::string> names;
    while (true) {
        const auto comma = text.find(',');
        names.emplace_back(trim(text.substr(0, comma)));
        if (comma == std::string_view::npos) return names;
        text.remove_prefix(comma + 1);
    }
}

std::optional<recipe::ImageFormat> format_of(std::string_view extension) {
    using enum recipe::ImageFormat;
    for (const auto format : {jpeg, png, webp, avif, gif}) {
        if (recipe::extension_of(format) == extension) return format;
    }
    return {};
}

std::size_t key_room(const recipe::Place& place) {
    return recipe::key_bytes_max - place.prefix.size();
}

// "image/webp" -> "webp"
std::string format_name(const std::string& content_type) {
    return content_type.substr(content_type.find('/') + 1);
}

}  // namespace

std::string to_header_text(std::string_view text) {
    return percent_encode(text, printable_ascii);
}

bool add_within_limit(Metadata& metadata, const std::string& name, std::string value) {
    std::size_t bytes = name.size() + value.size();
    for (const auto& [other, text] : metadata) bytes += other.size() + text.size();
    if (bytes > schema::user_metadata_bytes_max) return false;
    metadata[name] = std::move(value);
    return true;
}

Result<std::string> choose_recipe(const std::string& configuration, const Metadata& metadata) {
    if (configuration.empty()) {
        return fail(ErrorCode::invalid_argument, "the function has no configuration", "bad_recipe");
    }
    const auto wanted = metadata.find(derivatives_name);
    if (wanted == metadata.end()) return configuration;
    auto selected = recipe::select_derivatives(configuration, split_names(wanted->second));
    if (selected) return selected;
    return fail(ErrorCode::invalid_argument,
                fmt::format("metadata {} '{}': {}", derivatives_name, wanted->second,
                            selected.error().message),
                "bad_derivatives");
}

bool is_made_by(const Metadata& metadata, const std::string& function) {
    const auto found = metadata.find(function_name);
    return found != metadata.end() && found->second == to_header_text(function);
}

bool is_in_quarantine(const recipe::Recipe& recipe, const Subject& photo) {
    return recipe.invalid == recipe::InvalidPolicy::quarantine &&
           photo.bucket == recipe.quarantine.bucket && !recipe.quarantine.prefix.empty() &&
           photo.key.starts_with(recipe.quarantine.prefix);
}

Result<schema::PutObject> make_derivative_object(const Subject& photo, const recipe::Place& output,
                                                 const PhotoFacts& facts,
                                                 const DerivativeResult& derivative) {
    const auto format = format_of(derivative.extension);
    if (!format) {
        return fail(ErrorCode::corruption,
                    "the image job made a '" + derivative.extension + "', which is no format");
    }
    schema::PutObject object;
    object.bucket = output.bucket;
    object.key = output.prefix +
                 recipe::derivative_key(photo.key, derivative.name, *format, key_room(output));
    object.content_type = derivative.content_type;
    object.idempotency_key = photo.work_id(derivative.name);
    auto& metadata = object.metadata;
    metadata = {{"onput-width", std::to_string(derivative.width)},
                {"onput-height", std::to_string(derivative.height)},
                {"onput-format", format_name(derivative.content_type)},
                {"onput-photo-width", std::to_string(facts.width)},
                {"onput-photo-height", std::to_string(facts.height)},
                {"onput-photo-format", to_header_text(facts.format)},
                {"onput-photo-dominant-color", to_header_text(facts.dominant_color)},
                {"onput-source-etag", photo.etag},
                {function_name, to_header_text(photo.function)}};
    add_within_limit(metadata, "onput-source", to_header_text(photo.name()));
    return object;
}

schema::PutObject make_sidecar_object(const Subject& photo, const recipe::Place& output) {
    schema::PutObject object;
    object.bucket = output.bucket;
    object.key = output.prefix + recipe::sidecar_key(photo.key, key_room(output));
    object.content_type = "application/json";
    object.idempotency_key = photo.work_id("metadata");
    object.metadata = {{"onput-source-etag", photo.etag},
                       {function_name, to_header_text(photo.function)}};
    add_within_limit(object.metadata, "onput-source", to_header_text(photo.name()));
    return object;
}

schema::JobOutput make_output(const schema::PutObject& object, const schema::ObjectPut& put,
                              const DerivativeResult& derivative) {
    return {.name = derivative.name,
            .bucket = object.bucket,
            .key = object.key,
            .version_id = put.version_id,
            .etag = put.etag,
            .content_type = object.content_type,
            .size_bytes = derivative.bytes,
            .width = derivative.width,
            .height = derivative.height,
            .pages = derivative.pages};
}

std::string summarise(const Subject& photo, const ImageResult& result) {
    std::string text = fmt::format("{} {}x{} from {}", result.photo.format, result.photo.width,
                                   result.photo.height, photo.name());
    for (const DerivativeResult& derivative : result.derivatives) {
        text += fmt::format("{} {} {}x{} {:.1f} kB",
                            &derivative == &result.derivatives.front() ? ":" : ",", derivative.name,
                            derivative.width, derivative.height,
                            static_cast<double>(derivative.bytes) / 1000);
    }
    for (const OmittedDerivative& omitted : result.omitted) {
        text +=
            fmt::format("{} {} ({}: {})", &omitted == &result.omitted.front() ? "; not made:" : ",",
                        omitted.name, omitted.reason, omitted.message);
    }
    return text;
}

}  // namespace onput::image
