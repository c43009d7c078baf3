#include "services/image/sidecar.hpp"

#include "common/base/check.hpp"
#include "common/json/writer.hpp"

namespace onput::image {
namespace {

// Fields in the order of the manual.
using json::Object;
using json::Value;

constexpr int sidecar_version = 1;

std::string to_text(const Value& document) {
    return json::write_indented(document) + "\n";
}

Value head_of(const Subject& photo, bool is_valid) {
    Value document;
    document["version"] = sidecar_version;
    document["valid"] = is_valid;
    document["source"] =
        Object{{"bucket", photo.bucket},         {"key", photo.key},
               {"version_id", photo.version_id}, {"etag", photo.etag},
               {"size_bytes", photo.size_bytes}, {"content_type", photo.content_type}};
    document["function"] = photo.function;
    document["event_id"] = photo.event_id;
    return document;
}

Object describe(const PhotoFacts& facts) {
    Object photo{{"format", facts.format},
                 {"width", facts.width},
                 {"height", facts.height},
                 {"pages", facts.pages},
                 {"bands", facts.bands},
                 {"bits", facts.bits},
                 {"color_space", facts.color_space},
                 {"has_alpha", facts.has_alpha},
                 {"has_profile", facts.has_profile},
                 {"orientation", facts.orientation},
                 {"dominant_color", facts.dominant_color},
                 {"has_gps", facts.has_gps}};
    Object exif;
    for (const auto& [name, value] : facts.exif) exif[name] = value;
    photo["exif"] = std::move(exif);
    return photo;
}

Object describe(const schema::JobOutput& output, std::uint32_t quality) {
    return Object{{"name", output.name},
                  {"bucket", output.bucket},
                  {"key", output.key},
                  {"version_id", output.version_id},
                  {"etag", output.etag},
                  {"content_type", output.content_type},
                  {"size_bytes", output.size_bytes},
                  {"width", output.width},
                  {"height", output.height},
                  {"pages", output.pages},
                  {"quality", quality}};
}

}  // namespace

std::string make_sidecar(const Subject& photo, const ImageResult& result,
                         const std::vector<schema::JobOutput>& outputs) {
    ONPUT_CHECK(outputs.size() == result.derivatives.size());
    Value document = head_of(photo, true);
    document["photo"] = describe(result.photo);
    document["derivatives"] = Value::Array();
    for (std::size_t index = 0; index < outputs.size(); ++index) {
        document["derivatives"].push_back(
            describe(outputs[index], result.derivatives[index].quality));
    }
    document["omitted"] = Value::Array();
    for (const OmittedDerivative& omitted : result.omitted) {
        document["omitted"].push_back(Object{
            {"name", omitted.name}, {"reason", omitted.reason}, {"message", omitted.message}});
    }
    std::string text = to_text(document);
    if (text.size() <= schema::whole_put_bytes_max) return text;
    document["photo"]["exif"] = Object();
    return to_text(document);
}

std::string make_rejected_sidecar(const Subject& photo, const Rejection& rejection) {
    Value document = head_of(photo, false);
    document["error"] = Object{{"reason", rejection.reason}, {"message", rejection.message}};
    document["disposition"] = "deleted";
    return to_text(document);
}

}  // namespace onput::image
