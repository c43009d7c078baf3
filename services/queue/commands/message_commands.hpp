// MessageCommands: SQS's operations on messages. What concerns a batch as a whole (how many
// entries, their ids, their total size) is the gateway's to check; each entry has its result here.
#pragma once

#include "common/base/random.hpp"
#include "common/schema/queue.hpp"
#include "common/service/caller.hpp"
#include "services/queue/commands/access.hpp"
#include "services/queue/lanes/dispatcher.hpp"
#include "services/queue/messages/messages.hpp"
#include "services/queue/messages/receipt.hpp"

namespace onput::queue {

class MessageCommands {
public:
    MessageCommands(Catalogue& catalogue, const Counters& counters, Messages& messages,
                    Dispatcher& dispatcher, Random& random)
        : catalogue_(catalogue),
          counters_(counters),
          messages_(messages),
          dispatcher_(dispatcher),
          random_(random) {}

    Result<schema::MessagesSent> send(const schema::SendMessages& request, const Caller& caller,
                                      Effects& effects);
    // The answer is in some Effects under the id that this returns: in these, or later.
    Result<WaitId> receive(const schema::ReceiveMessages& request, const Caller& caller,
                           Effects& effects);
    // The receive is answered empty-handed, if it still waits.
    Result<schema::Empty> cancel_receive(const schema::CancelReceive& request, const Caller& caller,
                                         Effects& effects);
    Result<schema::EntriesDone> remove(const schema::RemoveMessages& request, const Caller& caller,
                                       Effects& effects);
    // Of a lease that has ended: succeeds and changes nothing. The receipt of an older receive can
    // do one thing: make the message visible again, unless a worker has it now.
    Result<schema::EntriesDone> change_visibility(const schema::ChangeVisibility& request,
                                                  const Caller& caller, Effects& effects);
    Result<schema::MessagesReceived> peek(const schema::PeekMessages& request,
                                          const Caller& caller);

private:
    Result<std::string> send_entry(Queue& queue, const schema::SendEntry& entry,
                                   const Caller& caller, Effects& effects);
    Result<void> remove_entry(Queue& queue, const schema::ReceiptEntry& entry, Timestamp now,
                              Effects& effects);
    Result<void> change_entry(Queue& queue, const schema::ReceiptEntry& entry, Timestamp now,
                              Effects& effects);

    // Of this queue, and given by this service.
    [[nodiscard]] Result<Receipt> receipt_of(const Queue& queue, const std::string& handle) const;

    Catalogue& catalogue_;
    const Counters& counters_;
    Messages& messages_;
    Dispatcher& dispatcher_;
    Random& random_;
};

}  // namespace onput::queue
