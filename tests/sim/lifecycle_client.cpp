#include "tests/sim/lifecycle_client.hpp"

#include <fmt/format.h>

#include "common/base/digest.hpp"
#include "common/base/encoding.hpp"
#include "common/schema/bucket_configuration.hpp"
#include "common/schema/lifecycle.hpp"
#include "common/schema/storage_versions.hpp"

namespace onput::sim {
namespace {

using std::chrono::minutes;

schema::LifecycleRule rule_of(std::string prefix) {
    schema::LifecycleRule rule{.id = prefix, .is_enabled = true};
    rule.filter.prefix = std::move(prefix);
    return rule;
}

schema::PutBucketConfiguration lifecycle_of(const char* bucket,
                                            std::vector<schema::LifecycleRule> rules) {
    const schema::LifecycleConfiguration configuration{
        .rules = std::move(rules),
        .transition_minimum_size = schema::TransitionMinimumSize::varies_by_storage_class};
    return {.bucket = bucket,
            .kind = schema::BucketConfigurationKind::lifecycle,
            .id = {},
            .document = schema::encode(configuration)};
}

}  // namespace

// Until it is answered by what storage says of it.
template <schema::Message M, typename Done>
void LifecycleClient::insist(const M& request, std::string bytes, Done done) {
    transport::CallOptions options;
    options.principal = {.account = owner, .id = "AKID"};
    if (!bytes.empty()) options.attachments.push_back(transport::Frame::copy_of(bytes));
    transport::call(
        *storage_, request, std::move(options),
        [this, request, bytes, done](const Result<typename M::Reply>& reply,
                                     const std::vector<transport::Frame>& frames) {
            const bool is_lost = !reply && (reply.error().code == ErrorCode::timeout ||
                                            reply.error().code == ErrorCode::unavailable);
            if (!is_lost) return done(reply, frames);
            after(seconds(1), [this, request, bytes, done] { insist(request, bytes, done); });
        });
}

void LifecycleClient::on_start() {
    set_up();
}

// One after the other: each needs what was before it.
void LifecycleClient::set_up() {
    auto expiring = rule_of(expiring_prefix);
    expiring.expiration = {.days = 1};
    auto moving = rule_of(moving_prefix);
    moving.transitions = {{.days = 0, .storage_class = "GLACIER"}};
    auto versions = rule_of("");
    versions.noncurrent_expiration = {.days = 1, .newer_versions = 1};
    const auto plain = lifecycle_of(plain_bucket, {expiring, moving});
    const auto versioned = lifecycle_of(versioned_bucket, {versions});
    const schema::PutVersioning enabled{.bucket = versioned_bucket,
                                        .status = schema::Versioning::enabled};
    insist(schema::CreateBucket{.name = plain_bucket}, {}, [=, this](const auto&, const auto&) {
        insist(plain, {}, [=, this](const auto&, const auto&) {
            insist(schema::CreateBucket{.name = versioned_bucket}, {},
                   [=, this](const auto&, const auto&) {
                       insist(enabled, {}, [=, this](const auto&, const auto&) {
                           insist(versioned, {}, [this](const auto& done, const auto&) {
                               world_.expect(done.has_value(), "the rules are not taken");
                               act();
                           });
                       });
                   });
        });
    });
}

void LifecycleClient::act() {
    after(world_.between(seconds(1), minutes(40)), [this] {
        if (!is_writing_) return;
        switch (world_.random.below(6)) {
            case 0: put(plain_bucket, fmt::format("{}{}", kept_prefix, ++count_)); break;
            case 1: put(plain_bucket, fmt::format("{}{}", expiring_prefix, ++count_)); break;
            case 2: put(plain_bucket, fmt::format("{}{}", moving_prefix, ++count_)); break;
            case 3: put(plain_bucket, fmt::format("{}{}", cold_prefix, ++count_)); break;
            case 4: put(versioned_bucket, fmt::format("v{}", world_.random.below(2))); break;
            default:
                if (moving_.empty()) break;
                const auto at = static_cast<std::ptrdiff_t>(world_.random.below(moving_.size()));
                restore(std::next(moving_.begin(), at)->first);
        }
        act();
    });
}

void LifecycleClient::put(const std::string& bucket, const std::string& key) {
    std::string text = fmt::format("text {} ", ++count_);
    text.resize(text.size() + world_.random.below(world_.chance(500) ? 30 : 20'000), 'x');
    schema::PutObject object{.bucket = bucket, .key = key, .size_bytes = text.size()};
    object.etag = to_hex(Digest::of(DigestAlgorithm::md5, text));
    if (key.starts_with(cold_prefix)) object.storage_class = "DEEP_ARCHIVE";
    texts_[object.etag] = text;
    const bool may_be_cold = key.starts_with(cold_prefix) || key.starts_with(moving_prefix);
    insist(object, text, [this, key, text, may_be_cold](const auto& done, const auto&) {
        if (done && may_be_cold) moving_[key] = text;
    });
}

void LifecycleClient::restore(const std::string& key) {
    const schema::RestoreObject request{
        .bucket = plain_bucket, .key = key, .days = 1, .tier = "Standard"};
    insist(request, {}, [](const auto&, const auto&) {});
}

std::string LifecycleClient::text_of(const std::string& etag) const {
    const auto found = texts_.find(etag);
    return found == texts_.end() ? "nobody put it" : found->second;
}

void LifecycleClient::restore_all() {
    for (const auto& [key, text] : moving_) {
        unread_.insert(key);
        post([this, key] {
            restore(key);
            read(key);
        });
    }
}

void LifecycleClient::read(const std::string& key) {
    const schema::GetObject request{.bucket = plain_bucket, .key = key};
    insist(request, {}, [this, key](const auto& got, const auto& frames) {
        if (!got) return after(minutes(1), [this, key] { read(key); });
        std::string bytes;
        for (const auto& frame : frames) bytes += frame.view();
        if (bytes == moving_.at(key)) unread_.erase(key);
    });
}

}  // namespace onput::sim
