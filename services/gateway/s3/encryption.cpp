#include "services/gateway/s3/encryption.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "common/base/digest.hpp"
#include "common/base/encoding.hpp"
#include "common/json/reader.hpp"
#include "services/gateway/s3/errors.hpp"

namespace onput::gateway::s3 {
namespace {

constexpr std::string_view method_header = "x-amz-server-side-encryption";
constexpr std::string_view prefix = "x-amz-";
constexpr std::string_view algorithm_suffix = "server-side-encryption-customer-algorithm";
constexpr std::string_view key_suffix = "server-side-encryption-customer-key";
constexpr std::string_view md5_suffix = "server-side-encryption-customer-key-md5";
constexpr std::string_view aes = "AES256";
constexpr std::string_view kms_key_header = "x-amz-server-side-encryption-aws-kms-key-id";
constexpr std::string_view context_header = "x-amz-server-side-encryption-context";
constexpr std::string_view bucket_key_header = "x-amz-server-side-encryption-bucket-key-enabled";

std::string header_of(std::string_view suffix, bool of_source) {
    return fmt::format("{}{}", of_source ? copy_source_prefix : prefix, suffix);
}

std::unexpected<Error> bad_customer_key(std::string message, bool of_source) {
    return invalid_argument(std::move(message), header_of(algorithm_suffix, of_source), "null");
}

// A customer's key comes in three headers. With some of them the sender means its object to be
// encrypted, and it would not be.
Result<void> check_customer_key(const http::RequestHead& head, bool of_source) {
    struct Part {
        std::string_view suffix;
        std::string_view missing;
    };
    static constexpr std::array<Part, 3> parts{{
        {algorithm_suffix, "a valid encryption algorithm."},
        {key_suffix, "an appropriate secret key."},
        {md5_suffix, "the client calculated MD5 of the secret key."},
    }};
    const auto text_of = [&](std::string_view suffix) {
        return head.header(header_of(suffix, of_source)).value_or("");
    };
    const auto is_sent = [&](const Part& part) { return !text_of(part.suffix).empty(); };
    if (std::ranges::none_of(parts, is_sent)) return {};
    const auto refuse = [of_source](std::string_view missing) {
        return bad_customer_key(
            fmt::format("Requests specifying Server Side Encryption with Customer provided keys "
                        "must provide {}",
                        missing),
            of_source);
    };
    if (text_of(algorithm_suffix) != aes) return refuse(parts[0].missing);
    const auto* absent = std::ranges::find_if_not(parts, is_sent);
    if (absent != parts.end()) return refuse(absent->missing);
    const auto key = from_base64(text_of(key_suffix));
    if (!key || key->size() != schema::customer_key_bytes) {
        return bad_customer_key("The secret key was invalid for the specified algorithm.",
                                of_source);
    }
    if (to_base64(Digest::of(DigestAlgorithm::md5, *key)) != text_of(md5_suffix)) {
        return bad_customer_key(
            "The calculated MD5 hash of the key did not match the hash that was provided.",
            of_source);
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
    ONPUT_TRY_VOID(check_customer_key(head, false));
    ONPUT_TRY_VOID(check_customer_key(head, true));
    if (!method || customer_key_of(head).empty()) return {};
    return invalid_argument(
        "Server Side Encryption with Customer provided key is incompatible with the encryption "
        "method specified",
        std::string(method_header), std::string(*method));
}

std::string customer_key_of(const http::RequestHead& head, bool of_source) {
    return from_base64(head.header(header_of(key_suffix, of_source)).value_or("")).value_or("");
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
    return head.header(header_of(key_suffix, false)) || head.header(header_of(key_suffix, true));
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
    const auto md5 = head.header(header_of(md5_suffix, false));
    if (!md5) return;
    headers.emplace_back(header_of(algorithm_suffix, false), aes);
    headers.emplace_back("x-amz-server-side-encryption-customer-key-MD5", *md5);
}

}  // namespace onput::gateway::s3
