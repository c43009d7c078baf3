#include "services/gateway/s3/encryption.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "common/base/digest.hpp"
#include "common/base/encoding.hpp"
#include "common/base/text.hpp"
#include "common/json/reader.hpp"
#include "services/gateway/s3/errors.hpp"

namespace onput::gateway::s3 {
namespace {

constexpr std::string_view method_header = "x-amz-server-side-encryption";

// The three headers in which a customer's key comes.
struct CustomerHeaders {
    std::string_view algorithm;
    std::string_view key;
    std::string_view md5;
};
constexpr CustomerHeaders object_headers{"x-amz-server-side-encryption-customer-algorithm",
                                         "x-amz-server-side-encryption-customer-key",
                                         "x-amz-server-side-encryption-customer-key-md5"};
constexpr CustomerHeaders source_headers{
    "x-amz-copy-source-server-side-encryption-customer-algorithm",
    "x-amz-copy-source-server-side-encryption-customer-key",
    "x-amz-copy-source-server-side-encryption-customer-key-md5"};
constexpr std::string_view common_prefix = "x-amz-server-side-encryption";
constexpr std::string_view common_source_prefix = "x-amz-copy-source-server-side-encryption";

constexpr std::string_view aes = "AES256";
constexpr std::string_view kms_key_header = "x-amz-server-side-encryption-aws-kms-key-id";
constexpr std::string_view context_header = "x-amz-server-side-encryption-context";
constexpr std::string_view bucket_key_header = "x-amz-server-side-encryption-bucket-key-enabled";

// Most requests say nothing of it, and are spared the rest.
bool is_about_encryption(const http::Header& header) {
    return starts_with_ignoring_case(header.name, common_prefix) ||
           starts_with_ignoring_case(header.name, common_source_prefix);
}

std::unexpected<Error> bad_customer_key(std::string message, const CustomerHeaders& names) {
    return invalid_argument(std::move(message), std::string(names.algorithm), "null");
}

// With some of the three the sender means its object to be encrypted, and it would not be.
Result<void> check_customer_key(const http::RequestHead& head, const CustomerHeaders& names) {
    struct Part {
        std::string_view text;
        std::string_view missing;
    };
    const auto text_of = [&head](std::string_view name) { return head.header(name).value_or(""); };
    const std::array<Part, 3> parts{{
        {text_of(names.algorithm), "a valid encryption algorithm."},
        {text_of(names.key), "an appropriate secret key."},
        {text_of(names.md5), "the client calculated MD5 of the secret key."},
    }};
    const auto is_sent = [](const Part& part) { return !part.text.empty(); };
    if (std::ranges::none_of(parts, is_sent)) return {};
    const auto refuse = [&names](std::string_view missing) {
        return bad_customer_key(
            fmt::format("Requests specifying Server Side Encryption with Customer provided keys "
                        "must provide {}",
                        missing),
            names);
    };
    if (parts[0].text != aes) return refuse(parts[0].missing);
    const auto* absent = std::ranges::find_if_not(parts, is_sent);
    if (absent != parts.end()) return refuse(absent->missing);
    const auto key = from_base64(parts[1].text);
    if (!key || key->size() != schema::customer_key_bytes)
        return bad_customer_key("The secret key was invalid for the specified algorithm.", names);
    if (to_base64(Digest::of(DigestAlgorithm::md5, *key)) != parts[2].text) {
        return bad_customer_key(
            "The calculated MD5 hash of the key did not match the hash that was provided.", names);
    }
    return {};
}

bool is_context(std::string_view text) {
    const auto decoded = from_base64(text);
    if (!decoded) return false;
    const auto parsed = json::read(*decoded);
    const json::Object* context = parsed ? parsed->object() : nullptr;
    return context != nullptr && std::ranges::all_of(*context, [](const json::Member& member) {
               return member.value.text() != nullptr;
           });
}

// What only means something with a key of KMS.
Result<void> check_kms(const http::RequestHead& head, bool by_kms) {
    const auto refuse = [&head](std::string_view header, std::string_view message) {
        return invalid_argument(std::string(message), std::string(header),
                                std::string(head.header(header).value_or("")));
    };
    for (const std::string_view header : {kms_key_header, context_header}) {
        if (by_kms || !head.header(header)) continue;
        return refuse(header,
                      "Server Side Encryption with AWS KMS managed key requires HTTP header "
                      "x-amz-server-side-encryption : aws:kms");
    }
    const auto context = head.header(context_header);
    if (context && !is_context(*context)) {
        return refuse(context_header,
                      "The header 'x-amz-server-side-encryption-context' shall be Base64-encoded "
                      "UTF-8 string holding JSON which represents a string-string map");
    }
    const auto bucket_key = head.header(bucket_key_header);
    if (!bucket_key || *bucket_key == "true" || *bucket_key == "false") return {};
    return refuse(bucket_key_header, "The value of this header is true or false.");
}

}  // namespace

Result<void> check_encryption(const http::RequestHead& head) {
    if (std::ranges::none_of(head.headers, is_about_encryption)) return {};
    const auto method = head.header(method_header);
    if (method == "aws:kms:dsse") return not_implemented("encryption in two layers");
    const bool by_kms = method == schema::encrypted_by_kms;
    if (method && *method != aes && !by_kms) {
        return std::unexpected(
            Error{.code = ErrorCode::invalid_argument,
                  .message = "The encryption request you specified is not valid. Supported "
                             "values: AES256, aws:kms.",
                  .reason = "invalid_encryption_algorithm",
                  .details = {{"ArgumentName", std::string(method_header)},
                              {"ArgumentValue", std::string(*method)}}});
    }
    ONPUT_TRY_VOID(check_kms(head, by_kms));
    ONPUT_TRY_VOID(check_customer_key(head, object_headers));
    ONPUT_TRY_VOID(check_customer_key(head, source_headers));
    if (!method || customer_key_of(head).empty()) return {};
    return invalid_argument(
        "Server Side Encryption with Customer provided key is incompatible with the encryption "
        "method specified",
        std::string(method_header), std::string(*method));
}

std::string customer_key_of(const http::RequestHead& head, bool of_source) {
    const auto& names = of_source ? source_headers : object_headers;
    const auto text = head.header(names.key);
    return text ? from_base64(*text).value_or("") : std::string();
}

schema::EncryptionRequest encryption_of(const http::RequestHead& head) {
    const auto method = head.header(method_header);
    const auto bucket_key = head.header(bucket_key_header);
    return {.by_service = method == aes,
            .customer_key = customer_key_of(head),
            .by_kms = method == schema::encrypted_by_kms,
            .kms_key = std::string(head.header(kms_key_header).value_or("")),
            .bucket_key = bucket_key ? std::optional(*bucket_key == "true") : std::nullopt};
}

bool has_customer_key(const http::RequestHead& head) {
    return head.header(object_headers.key) || head.header(source_headers.key);
}

void show_encryption(std::string_view encryption, const std::optional<schema::KmsKeyUse>& kms,
                     const http::RequestHead& head, Headers& headers) {
    if (encryption == schema::encrypted_by_service) headers.emplace_back(method_header, aes);
    if (kms) {
        headers.emplace_back(method_header, schema::encrypted_by_kms);
        headers.emplace_back(kms_key_header, kms->key_arn);
        if (kms->has_bucket_key) headers.emplace_back(bucket_key_header, "true");
        if (const auto context = head.header(context_header))
            headers.emplace_back(context_header, *context);
    }
    if (encryption != schema::encrypted_by_customer) return;
    // The completion of an upload brings no key.
    const auto md5 = head.header(object_headers.md5);
    if (!md5) return;
    headers.emplace_back(object_headers.algorithm, aes);
    headers.emplace_back("x-amz-server-side-encryption-customer-key-MD5", *md5);
}

}  // namespace onput::gateway::s3
