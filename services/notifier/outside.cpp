#include "services/notifier/outside.hpp"

#include "services/notifier/outbound/token_outbound.hpp"
#include "services/notifier/signing_key.hpp"

namespace onput::notifier {

Result<Outside> open_outside(service::Platform& platform, store::Store& store,
                             const Config& config) {
    ONPUT_TRY_VOID(protect_directory(config.data));
    ONPUT_TRY(auto key, load_or_make_signing_key(store, config.region, platform.loop().now()));
    auto writer = std::make_unique<SigningWriter>(config.notification_options(), std::move(key));
    schema::SigningCertificate certificate{.name = writer->writer().certificate_name(),
                                           .pem = writer->writer().certificate_pem()};
    ONPUT_TRY(auto plain, Outbound::start(platform.loop(), config.outbound_options()));
    auto outbound = std::make_unique<TokenOutbound>(platform.loop(), std::move(plain));
    return Outside{.writer = std::move(writer),
                   .outbound = std::move(outbound),
                   .certificate = std::move(certificate)};
}

}  // namespace onput::notifier
