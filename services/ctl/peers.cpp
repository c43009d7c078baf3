#include "services/ctl/peers.hpp"

namespace onput::ctl {

Peers::Peers(transport::Loop& loop, const Instance& instance)
    : loop_(loop),
      principal_(instance.principal()),
      storage_(transport::RequestClient::connect(loop, instance.storage_endpoint)),
      notifier_(transport::RequestClient::connect(loop, instance.notifier_endpoint)),
      queue_(transport::RequestClient::connect(loop, instance.queue_endpoint)) {}

}  // namespace onput::ctl
