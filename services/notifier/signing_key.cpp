#include "services/notifier/signing_key.hpp"

#include <filesystem>
#include <system_error>

#include "common/base/log.hpp"
#include "common/store/readable_view.hpp"
#include "services/notifier/journal/records.hpp"

namespace onput::notifier {
namespace {

// The clocks of those who verify may be behind ours.
constexpr Duration clock_tolerance = std::chrono::hours(24);

}  // namespace

Result<RsaKey> load_or_make_signing_key(store::Store& store, const std::string& region,
                                        Timestamp now) {
    const std::string row = signing_key_key();
    // One that cannot be read is replaced: subscribers follow the certificate's address.
    const store::ReadableView readable(store, nullptr);
    ONPUT_TRY(const auto kept, readable.get(partition, row));
    if (kept) {
        ONPUT_TRY(const auto record, read_row<SigningKeyRecord>(row, *kept));
        return RsaKey::load(record.private_pem, record.certificate_pem);
    }
    ONPUT_TRY(auto key, RsaKey::generate({.common_name = "sns." + region + ".onput",
                                          .not_before = now - clock_tolerance}));
    store::Batch batch{std::string(partition)};
    batch.put(row, schema::encode(SigningKeyRecord{.private_pem = key.private_pem(),
                                                   .certificate_pem = key.certificate_pem()}));
    ONPUT_TRY_VOID(store.commit(std::move(batch)));
    log::info("signing key made", {{"fingerprint", key.fingerprint()}});
    return key;
}

Result<void> protect_directory(const std::string& directory) {
    std::error_code error;
    std::filesystem::permissions(directory, std::filesystem::perms::owner_all, error);
    if (!error) return {};
    return fail(ErrorCode::unavailable,
                "make " + directory + " its owner's alone: " + error.message());
}

}  // namespace onput::notifier
