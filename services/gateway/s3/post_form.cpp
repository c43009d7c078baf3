#include "services/gateway/s3/post_form.hpp"

#include <algorithm>
#include <array>
#include <span>

#include <fmt/format.h>

#include "common/base/encoding.hpp"
#include "services/gateway/aws/directory.hpp"
#include "services/gateway/aws/xml_reader.hpp"
#include "services/gateway/aws/xml_writer.hpp"
#include "services/gateway/s3/errors.hpp"
#include "services/gateway/s3/tags.hpp"

namespace onput::gateway::s3 {
namespace {

constexpr std::array<std::string_view, 7> object_fields{
    "cache-control", "content-disposition", "content-encoding", "content-language",
    "content-md5",   "content-type",        "expires"};
constexpr std::array<std::string_view, 5> signature_fields{
    "x-amz-algorithm", "x-amz-credential", "x-amz-date", "x-amz-security-token", "x-amz-signature"};

bool is_among(std::span<const std::string_view> names, std::string_view name) {
    return std::ranges::find(names, name) != names.end();
}

// A redirect that cannot be followed is as good as none.
std::string redirect_of(const FormFields& fields) {
    std::string url = fields.text_of("success_action_redirect");
    if (url.empty()) url = fields.text_of("redirect");
    const bool is_url = url.starts_with("http://") || url.starts_with("https://");
    const bool is_clean =
        std::ranges::none_of(url, [](char c) { return static_cast<unsigned char>(c) <= ' '; });
    return is_url && is_clean ? url : std::string();
}

std::string render_posted(const PostedObject& object) {
    aws::XmlWriter xml;
    xml.begin("PostResponse");
    xml.text("Location", object.location);
    xml.text("Bucket", object.bucket);
    xml.text("Key", object.key);
    xml.text("ETag", fmt::format("\"{}\"", object.etag));
    xml.end("PostResponse");
    return xml.take();
}

}  // namespace

http::RequestHead head_of_form(const FormFields& fields) {
    http::RequestHead head;
    head.method = "POST";
    for (const auto& [name, value] : fields.all()) {
        const bool is_setting = name.starts_with("x-amz-") && !is_among(signature_fields, name);
        if (is_setting || is_among(object_fields, name)) {
            head.headers.push_back({.name = name, .value = value});
        } else if (name == "acl") {
            head.headers.push_back({.name = "x-amz-acl", .value = value});
        }
    }
    return head;
}

Result<std::string> key_of_form(const FormFields& fields) {
    const auto* key = fields.find("key");
    if (key != nullptr && !key->empty()) return *key;
    return invalid_argument(
        "Bucket POST must contain a field named 'key'.  If it is specified, please check the order "
        "of the fields.",
        "key", "");
}

Result<std::vector<schema::Tag>> tags_of_form(const FormFields& fields) {
    const auto* tagging = fields.find("tagging");
    if (tagging == nullptr) return std::vector<schema::Tag>();
    ONPUT_TRY(const auto document,
              aws::read_xml(*tagging, "Tagging", *aws::s3_model().find_shape("Tagging")));
    return read_tagging(document);
}

Reply reply_to_form(const FormFields& fields, const PostedObject& object) {
    Reply reply{.status = 204};
    reply.headers.emplace_back("ETag", fmt::format("\"{}\"", object.etag));
    const std::string status = fields.text_of("success_action_status");
    if (std::string url = redirect_of(fields); !url.empty()) {
        reply.status = 303;
        url += url.contains('?') ? '&' : '?';
        url += fmt::format("bucket={}&key={}&etag=%22{}%22", percent_encode(object.bucket),
                           percent_encode(object.key), object.etag);
        reply.headers.emplace_back("Location", std::move(url));
        return reply;
    }
    reply.headers.emplace_back("Location", object.location);
    if (status == "200") reply.status = 200;
    if (status == "201") {
        reply.status = 201;
        reply.body = render_posted(object);
    }
    return reply;
}

}  // namespace onput::gateway::s3
