#include "services/gateway/s3/customer_key.hpp"

#include "services/gateway/s3/bucket_configuration.hpp"
#include "services/gateway/s3/encryption.hpp"

namespace onput::gateway::s3 {
namespace {

bool is_private(const S3Request& request) {
    if (request.context.public_address().scheme == "https") return true;
    const std::string peer = request.context.source_ip();
    const bool is_this_machine = peer.starts_with("127.") || peer == "[::1]";
    return is_this_machine && !request.context.head().header("x-forwarded-proto");
}

}  // namespace

Outcome admit_customer_key(S3Request& request) {
    if (!has_customer_key(request.head)) co_return Result<void>();
    if (!is_private(request)) {
        co_return onput::fail(ErrorCode::invalid_argument,
                              "Requests specifying Server Side Encryption with Customer provided "
                              "keys must be made over a secure connection.",
                              "invalid_request");
    }
    const bool is_write = request.head.method == "PUT" || request.head.method == "POST";
    if (!is_write || customer_key_of(request.head).empty()) co_return Result<void>();
    // Whoever writes need not be able to read the configuration.
    const schema::FindBucketConfiguration message{.bucket = request.address.bucket,
                                                  .kind = ConfigurationKind::encryption};
    auto found = co_await request.context.call(message);
    if (!found) co_return std::unexpected(std::move(found).error());
    const std::string& document = found->reply.document;
    if (document.empty() || !blocks_customer_keys(document)) co_return Result<void>();
    co_return onput::fail(ErrorCode::permission_denied,
                          "the bucket's encryption blocks keys of clients", "access_denied");
}

}  // namespace onput::gateway::s3
