// Outside: what the notifier needs to reach endpoints outside: how messages to them are written and
// signed, and what sends them.
#pragma once

#include <functional>
#include <memory>

#include "common/service/platform.hpp"
#include "services/notifier/config.hpp"
#include "services/notifier/outbound/outbound.hpp"
#include "services/notifier/writer.hpp"

namespace onput::notifier {

struct Outside {
    std::unique_ptr<MessageWriter> writer;
    std::unique_ptr<Outbound> outbound;
    schema::SigningCertificate certificate;  // Of the key that `writer` signs with.
};

// Once the store is open: the key is in it (signing_key.hpp).
using OpenOutside =
    std::function<Result<Outside>(service::Platform&, store::Store&, const Config&)>;

// HTTP and SMTP, and the store's key.
Result<Outside> open_outside(service::Platform& platform, store::Store& store,
                             const Config& config);

}  // namespace onput::notifier
