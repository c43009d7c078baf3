#include "services/gateway/lambda/code.hpp"

#include <utility>

#include <fmt/format.h>

#include "common/archive/zip.hpp"
#include "common/auth/signer.hpp"
#include "common/base/digest.hpp"
#include "common/base/encoding.hpp"
#include "common/base/query.hpp"
#include "common/schema/storage.hpp"
#include "common/schema/storage_objects.hpp"
#include "services/gateway/lambda/errors.hpp"
#include "services/gateway/s3/store_object.hpp"

namespace onput::gateway::lambda {
namespace {

constexpr std::string_view cannot_unzip =
    "Could not unzip uploaded file. Please check your file, then try to upload again.";

// Bytes in memory on their way to storage.
class MemorySource final : public s3::ByteSource {
public:
    explicit MemorySource(std::string_view bytes) : bytes_(bytes) {}

    [[nodiscard]] std::optional<std::uint64_t> length() const override { return bytes_.size(); }
    Task<Result<std::string>> read(std::size_t bytes_max) override {
        const std::string_view piece = bytes_.substr(at_, bytes_max);
        at_ += piece.size();
        co_return std::string(piece);
    }
    Result<s3::BodyDigests> finish() override {
        return s3::BodyDigests{.md5_hex = to_hex(hashes_.md5.finish()),
                               .checksums = hashes_.take_checksums(),
                               .bytes = bytes_.size()};
    }

private:
    std::string_view bytes_;
    std::size_t at_ = 0;
};

// Answers how large its files are.
Result<std::uint64_t> check_code(std::string_view zip) {
    const auto checked =
        archive::check_zip(zip, {.bytes_max = unzipped_bytes_max, .files_max = zip_files_max});
    if (checked) return checked->bytes;
    const Error& error = checked.error();
    if (error.reason == "zip_too_large")
        return invalid(
            fmt::format("Unzipped size must be smaller than {} bytes", unzipped_bytes_max));
    if (error.reason == "zip_entry")
        return invalid(fmt::format("{}: {}", cannot_unzip, error.message));
    return invalid(std::string(cannot_unzip));
}

Error object_error(const Error& error, const aws::Value& source) {
    const std::string object =
        fmt::format("{}/{}", source.text_of("S3Bucket"), source.text_of("S3Key"));
    if (error.code == ErrorCode::permission_denied) {
        return {.code = ErrorCode::permission_denied,
                .message = fmt::format(
                    "Your access has been denied by S3, please make sure your request credentials "
                    "have permission to GetObject for {}. S3 Error Code: AccessDenied. S3 Error "
                    "Message: {}",
                    object, error.message),
                .reason = "AccessDenied",
                .details = {}};
    }
    if (error.code != ErrorCode::not_found) return error;
    return invalid(fmt::format("Error occurred while GetObject. S3 Error Code: NoSuchKey. S3 Error "
                               "Message: The object {} is not there.",
                               object))
        .error();
}

void add_frames(const std::vector<transport::Frame>& frames, std::string& bytes) {
    for (const auto& frame : frames) bytes += frame.view();
}

// The pieces of an object that does not come with the first answer.
http::Task<Result<std::string>> read_pieces(aws::Call& call, schema::ObjectGot got) {
    std::string bytes;
    while (bytes.size() < got.length) {
        schema::ReadObject message{.read_id = got.read_id, .offset = bytes.size()};
        message.length = static_cast<std::uint32_t>(
            std::min<std::uint64_t>(schema::chunk_bytes_max, got.length - bytes.size()));
        auto piece = co_await call.context.call(message);
        if (!piece) co_return std::unexpected(std::move(piece).error());
        const std::size_t before = bytes.size();
        add_frames(piece->attachments, bytes);
        if (bytes.size() == before)
            co_return fail(ErrorCode::corruption, "storage answered no bytes of an object");
    }
    const schema::CloseRead close{.read_id = got.read_id};
    call.context.shared.backend.send_and_forget(close, call.context.call_options());
    co_return bytes;
}

struct Zip {
    std::string bytes;
    MemoryBudget::Reservation memory{};
};

http::Task<Result<Zip>> read_object(aws::Call& call, const aws::Value& source) {
    const schema::GetObject message{.bucket = source.text_of("S3Bucket"),
                                    .key = source.text_of("S3Key"),
                                    .version_id = source.text_of("S3ObjectVersion")};
    // Storage judges it by the policies of the bucket and of who calls.
    auto options = call.context.call_options();
    options.access = origin_of(call.context);
    options.access->actions = {message.version_id.empty() ? "GetObject" : "GetObjectVersion"};
    auto got = co_await call.context.call(message, std::move(options));
    if (!got) co_return std::unexpected(object_error(got.error(), source));
    if (got->reply.length > zip_bytes_max)
        co_return invalid(fmt::format("The zip has more than {} bytes.", zip_bytes_max));
    Zip zip;
    auto memory =
        co_await reserve(call.context.exchange, call.context.shared.body_memory,
                         static_cast<std::size_t>(got->reply.length), MemoryBudget::Use::whole);
    if (!memory) co_return std::unexpected(std::move(memory).error());
    zip.memory = *std::move(memory);
    if (got->reply.read_id == 0) {
        add_frames(got->attachments, zip.bytes);
        co_return zip;
    }
    auto pieces = co_await read_pieces(call, got->reply);
    if (!pieces) co_return std::unexpected(std::move(pieces).error());
    zip.bytes = *std::move(pieces);
    co_return zip;
}

http::Task<Result<Zip>> read_source(aws::Call& call, const aws::Value& source) {
    const bool has_zip = source.find("ZipFile") != nullptr;
    const bool has_object = !source.text_of("S3Bucket").empty() || !source.text_of("S3Key").empty();
    if (!source.text_of("ImageUri").empty())
        co_return invalid("Container images are not available here: give a zip.");
    if (!has_zip && !has_object) co_return invalid("Please provide a source for function code.");
    if (has_zip && has_object)
        co_return invalid(
            "Please do not provide other FunctionCode parameters when providing a ZipFile.");
    if (has_object) {
        auto read = co_await read_object(call, source);
        co_return read;
    }
    auto decoded = from_base64(source.text_of("ZipFile"));
    if (!decoded) co_return invalid(std::string(cannot_unzip));
    if (decoded->size() > zip_bytes_max) {
        co_return fail(ErrorCode::invalid_argument,
                       "Request must be smaller than 70167211 bytes for the CreateFunction "
                       "operation",
                       "RequestTooLarge");
    }
    Zip zip{.bytes = *std::move(decoded)};
    co_return zip;
}

// The bucket of the caller's account for code; made when there is none.
http::Task<Result<std::string>> find_bucket(aws::Call& call) {
    const std::string& account = call.context.identity.account_id;
    std::string name(code_bucket);
    // Another account of this installation may have the name.
    for (int attempt = 0; attempt < 2; ++attempt) {
        const schema::HeadBucket head{.name = name};
        const auto found = co_await call.context.call(head);
        if (found && found->reply.owner_account == account) co_return name;
        if (!found && found.error().code == ErrorCode::not_found) {
            const schema::CreateBucket create{.name = name};
            const auto made = co_await call.context.call(create);
            if (made) co_return name;
            if (made.error().code != ErrorCode::conflict) co_return std::unexpected(made.error());
        } else if (!found && found.error().code != ErrorCode::permission_denied) {
            co_return std::unexpected(found.error());
        }
        name = fmt::format("{}-{}", code_bucket, account);
    }
    co_return fail(ErrorCode::conflict, fmt::format("The bucket {} is of another account.", name),
                   "InvalidParameterValue");
}

http::Task<Result<void>> store(aws::Call& call, const schema::FunctionCode& code,
                               std::string_view zip) {
    const schema::HeadObject head{.bucket = code.bucket, .key = code.key};
    const auto there = co_await call.context.call(head);
    // The name is its digest.
    if (there && there->reply.size_bytes == zip.size()) co_return Result<void>();
    schema::PutObject object;
    object.bucket = code.bucket;
    object.key = code.key;
    object.content_type = "application/zip";
    object.source_ip = call.context.client_address();
    object.request_id = call.context.request_id;
    object.host_id = call.context.host_id;
    MemorySource source(zip);
    const auto stored = co_await s3::store_object(call.context, source, object);
    if (!stored) co_return std::unexpected(stored.error());
    co_return Result<void>();
}

}  // namespace

http::Task<Result<schema::FunctionCode>> take_code(aws::Call& call, const aws::Value& source,
                                                   std::string function, CodeUse use) {
    auto zip = co_await read_source(call, source);
    if (!zip) co_return std::unexpected(std::move(zip).error());
    const auto checked = check_code(zip->bytes);
    if (!checked) co_return std::unexpected(checked.error());
    const std::string digest = Digest::of(DigestAlgorithm::sha256, zip->bytes);
    schema::FunctionCode code{.key = fmt::format("{}/{}.zip", function, to_hex(digest)),
                              .sha256 = to_base64(digest),
                              .bytes = zip->bytes.size(),
                              .unzipped_bytes = *checked};
    if (use == CodeUse::check_only) co_return code;
    auto bucket = co_await find_bucket(call);
    if (!bucket) co_return std::unexpected(std::move(bucket).error());
    code.bucket = *std::move(bucket);
    const auto stored = co_await store(call, code, zip->bytes);
    if (!stored) co_return std::unexpected(stored.error());
    co_return code;
}

std::string code_location(const RequestContext& context, const schema::FunctionCode& code) {
    if (code.bucket.empty()) return {};
    const auto& access_key = context.identity.access_key;
    std::vector<QueryParameter> query;
    auth::SignerOptions options{.access_key = access_key, .secret = {}};
    if (!context.identity.scope.region.empty()) options.region = context.identity.scope.region;
    const std::string token = context.header_text("x-amz-security-token");
    const auto& recognised = context.recognised.key;
    if (const auto* known = context.shared.keys.find(access_key)) {
        options.secret = known->secret;
    } else if (recognised && recognised->access_key == access_key) {
        options.secret = recognised->credential.secret;
    } else if (context.shared.sessions != nullptr) {
        auto session = context.shared.sessions->open(access_key, token, context.now);
        if (!session) return {};
        options.secret = std::move(session->secret);
        query.push_back({.name = "X-Amz-Security-Token", .value = token, .has_value = true});
    }
    if (options.secret.empty()) return {};
    if (!code.version_id.empty())
        query.push_back({.name = "versionId", .value = code.version_id, .has_value = true});
    const auto address = context.public_address();
    const std::string path = fmt::format("/{}/{}", code.bucket, code.key);
    const std::array headers{auth::Header{.name = "host", .value = address.host}};
    const auto signed_query =
        auth::Signer(std::move(options))
            .presign({.method = "GET", .path = path, .query = query, .headers = headers},
                     code_location_lifetime, context.now);
    if (!signed_query) return {};
    return fmt::format("{}://{}{}?{}", address.scheme, address.host, path, *signed_query);
}

}  // namespace onput::gateway::lambda
