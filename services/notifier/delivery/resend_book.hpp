// ResendBook: how far each replay has come, which `onput replay` drives page by page
// (common/schema/resend.hpp). Pure.
//
//     page --check--> the position is where the last page ended --advance--> row, in the page's
//                                                                            batch
//
// Rows, beside those of records.hpp, in the notifier's partition:
//
//     resend/<name>       schema::Resend
//
// Part of NotifierCore.
#pragma once

#include <map>
#include <string>

#include "common/schema/resend.hpp"
#include "common/store/store.hpp"

namespace onput::notifier {

class ResendBook {
public:
    explicit ResendBook(const store::View& view) : view_(view) {}

    // Continues from the store. Called once, before anything else.
    Result<void> restore();

    // Whether this page comes next. The errors are those of resend.hpp.
    [[nodiscard]] Result<void> check(const schema::ResendEvents& page) const;
    // The page's events are owed by `batch`: the position goes with them. After check only.
    const schema::Resend& advance(const schema::ResendEvents& page, std::uint64_t events,
                                  Timestamp now, store::Batch& batch);

    [[nodiscard]] Result<schema::Resend> find(const schema::FindResend& request) const;
    [[nodiscard]] schema::ResendList list() const;

private:
    void forget_one(store::Batch& batch);

    const store::View& view_;
    std::map<std::string, schema::Resend, std::less<>> resends_;  // At most resends_max.
};

}  // namespace onput::notifier
