#include "services/gateway/s3/site/access_log.hpp"

#include <utility>

#include "common/base/digest.hpp"
#include "common/base/encoding.hpp"
#include "common/base/log.hpp"
#include "common/schema/bucket_configuration.hpp"
#include "common/schema/storage_objects.hpp"

namespace onput::gateway::s3 {
namespace {

// As whom S3 delivers logs.
constexpr std::string_view deliverer = "logging.s3.amazonaws.com";

}  // namespace

AccessLog::AccessLog(transport::Loop& loop, const Options& options)
    : loop_(loop),
      storage_(transport::RequestClient::connect(loop, options.storage_endpoint)),
      core_(options.interval, Random::from_system()),
      tick_(loop.every(log_tick_period, [this] {
          LogEffects effects;
          core_.tick(wall_now(), effects);
          perform(std::move(effects));
          publish();
      })) {}

AccessLog::~AccessLog() {
    loop_.cancel(tick_);
    // Ends its open calls, which need the other members.
    storage_.reset();
}

bool AccessLog::needs(std::string_view bucket) const {
    const auto names = unlogged_.load();
    return names == nullptr || !names->contains(bucket);
}

void AccessLog::record(AccessLogCore::Entry entry) {
    loop_.post([this, entry = std::move(entry)]() mutable {
        LogEffects effects;
        core_.record(std::move(entry), wall_now(), effects);
        perform(std::move(effects));
    });
}

void AccessLog::publish() {
    dropped_ = core_.dropped() + failed_;
    if (std::exchange(published_, core_.unlogged_changes()) == core_.unlogged_changes()) return;
    unlogged_ = std::make_shared<const Names>(core_.unlogged());
}

void AccessLog::perform(LogEffects effects) {
    for (const auto& bucket : effects.lookups) look_up(bucket);
    for (auto& delivery : effects.deliveries) deliver(std::move(delivery));
}

void AccessLog::look_up(const std::string& bucket) {
    const schema::FindBucketConfiguration message{.bucket = bucket,
                                                  .kind = schema::BucketConfigurationKind::logging};
    ++lookups_;
    transport::call(*storage_, message, {},
                    [this, bucket](Result<schema::FoundBucketConfiguration> found,
                                   const std::vector<transport::Frame>&) {
                        Result<std::optional<LogTarget>> target = std::nullopt;
                        if (found) {
                            target = read_logging(found->document);
                        } else {
                            target = std::unexpected(found.error());
                        }
                        if (target && *target) {
                            (*target)->owner_account = found->owner_account;
                            (*target)->region = found->region;
                        }
                        LogEffects effects;
                        core_.configured(bucket, target, wall_now(), effects);
                        perform(std::move(effects));
                        --lookups_;
                        end_if_done();
                    });
}

void AccessLog::deliver(LogDelivery delivery) {
    const std::size_t bytes = delivery.body.size();
    if (under_way_bytes_ + bytes > log_bytes_max) {
        ++failed_;
        return;
    }
    const schema::PutObject message{
        .bucket = delivery.target.bucket,
        .key = delivery.key,
        .size_bytes = delivery.body.size(),
        .etag = to_hex(Digest::of(DigestAlgorithm::md5, delivery.body)),
        .content_type = "text/plain",
        .is_integrity_stated = true,
    };
    transport::CallOptions options{.principal = {.account = delivery.target.owner_account,
                                                 .id = std::string(deliverer),
                                                 .user = {},
                                                 .region = {}}};
    options.attachments.emplace_back(std::move(delivery.body));
    under_way_bytes_ += bytes;
    transport::call(
        *storage_, message, std::move(options),
        [this, bytes, target = delivery.target.bucket, source = delivery.source_bucket](
            const Result<schema::ObjectPut>& put, const std::vector<transport::Frame>&) {
            if (put) {
                ++delivered_;
            } else {
                ++failed_;
                log::warn("access log was not delivered",
                          {{"bucket", source}, {"target", target}, {"error", put.error().message}});
            }
            under_way_bytes_ -= bytes;
            end_if_done();
        });
}

void AccessLog::end_if_done() {
    if (under_way_bytes_ > 0 || lookups_ > 0 || !flushed_) return;
    publish();
    auto done = std::exchange(flushed_, {});
    done();
}

void AccessLog::flush(std::function<void()> done) {
    LogEffects effects;
    core_.flush(wall_now(), effects);
    perform(std::move(effects));
    flushed_ = std::move(done);
    end_if_done();
}

}  // namespace onput::gateway::s3
