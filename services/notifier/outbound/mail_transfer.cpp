#include <algorithm>
#include <curl/curl.h>
#include <memory>
#include <utility>

#include "common/base/check.hpp"
#include "services/notifier/outbound/mail.hpp"
#include "services/notifier/outbound/transfer.hpp"

namespace onput::notifier {
namespace {

constexpr std::size_t server_words_bytes_max = 200;

class MailTransfer final : public Transfer {
public:
    MailTransfer(const TransferSettings& settings, Mail mail)
        : Transfer(settings, Reach::anywhere), mail_(std::move(mail)) {
        const OutboundOptions& options = settings.options;
        recipients_.reset(curl_slist_append(nullptr, mail_.to.c_str()));
        ONPUT_CHECK(recipients_ != nullptr);

        set_text(CURLOPT_PROTOCOLS_STR, "smtp,smtps");
        set_text(CURLOPT_URL, options.smtp_url.c_str());
        set_number(CURLOPT_USE_SSL, options.smtp_requires_tls ? CURLUSESSL_ALL : CURLUSESSL_TRY);
        if (!options.smtp_user.empty()) {
            set_text(CURLOPT_USERNAME, options.smtp_user.c_str());
            set_text(CURLOPT_PASSWORD, options.smtp_password.c_str());
        }
        // A closing connection is said QUIT to, and libcurl waits for the answer, all of its thread
        // with it: now and not longer than a mail may take, rather than when the process ends.
        set_number(CURLOPT_FORBID_REUSE, 1);
        set_number(CURLOPT_SERVER_RESPONSE_TIMEOUT, (options.timeout_ms + 999) / 1000);
        set_text(CURLOPT_MAIL_FROM, mail_.from.c_str());
        set_object(CURLOPT_MAIL_RCPT, recipients_.get());
        set_number(CURLOPT_UPLOAD, 1);
        ONPUT_CHECK(curl_easy_setopt(handle(), CURLOPT_INFILESIZE_LARGE,
                                     static_cast<curl_off_t>(mail_.text.size())) == CURLE_OK);
        ONPUT_CHECK(curl_easy_setopt(handle(), CURLOPT_READFUNCTION, on_read) == CURLE_OK);
        set_object(CURLOPT_READDATA, this);
        ONPUT_CHECK(curl_easy_setopt(handle(), CURLOPT_SEEKFUNCTION, on_seek) == CURLE_OK);
        set_object(CURLOPT_SEEKDATA, this);
        ONPUT_CHECK(curl_easy_setopt(handle(), CURLOPT_HEADERFUNCTION, on_line) == CURLE_OK);
        set_object(CURLOPT_HEADERDATA, this);
    }

    [[nodiscard]] OutboundResult result(int code) const override {
        OutboundResult result;
        result.latency = latency();
        const long status_code = status();
        if (code == CURLE_OK) {
            result.outcome = OutboundOutcome::delivered;
            result.status_code = static_cast<std::int32_t>(status_code);
            return result;
        }
        // A code below 400 is of an earlier step: the server went away, or was too slow.
        if (code == CURLE_OPERATION_TIMEDOUT || status_code < 400) return unanswered(code);
        result.status_code = static_cast<std::int32_t>(status_code);
        result.outcome =
            is_for_good(status_code) ? OutboundOutcome::refused : OutboundOutcome::failed;
        result.error = "the mail server answered " + server_words_;
        return result;
    }

private:
    using Recipients = std::unique_ptr<curl_slist, decltype(&curl_slist_free_all)>;

    // 530 to 538 speak of login and encryption: the operator can mend that while the mail is
    // retried.
    static bool is_for_good(long code) { return code >= 500 && (code < 530 || code > 538); }

    static std::size_t on_read(char* to, std::size_t size, std::size_t count, void* transfer) {
        auto& self = *static_cast<MailTransfer*>(transfer);
        const std::size_t taken = self.mail_.text.copy(to, size * count, self.sent_);
        self.sent_ += taken;
        return taken;
    }

    // libcurl begins again when a connection that it reuses turns out to be dead.
    static int on_seek(void* transfer, curl_off_t offset, int origin) {
        auto& self = *static_cast<MailTransfer*>(transfer);
        const bool is_inside = origin == SEEK_SET && offset >= 0 &&
                               std::cmp_less_equal(offset, self.mail_.text.size());
        if (!is_inside) return CURL_SEEKFUNC_FAIL;
        self.sent_ = static_cast<std::size_t>(offset);
        return CURL_SEEKFUNC_OK;
    }

    // Each line that the server says. The last one before its goodbye explains a refusal.
    static std::size_t on_line(char* bytes, std::size_t size, std::size_t count, void* transfer) {
        auto& self = *static_cast<MailTransfer*>(transfer);
        self.received_ += size * count;
        std::string_view line(bytes, size * count);
        if (self.received_ > outbound_reply_bytes_max) return 0;
        if (line.starts_with("221")) return size * count;
        line = line.substr(0, std::min(line.find_first_of("\r\n"), server_words_bytes_max));
        self.server_words_ = line;
        std::ranges::replace_if(self.server_words_, [](char c) { return c < ' ' || c > '~'; }, '?');
        return size * count;
    }

    Mail mail_;
    Recipients recipients_{nullptr, curl_slist_free_all};
    std::size_t sent_ = 0;
    std::size_t received_ = 0;
    std::string server_words_;
};

}  // namespace

Result<std::unique_ptr<Transfer>> Transfer::make_mail(const TransferSettings& settings, Mail mail) {
    if (settings.options.smtp_url.empty()) {
        return fail(ErrorCode::invalid_argument, "no mail server is configured");
    }
    // They become commands to the server, one line each.
    if (!is_mail_address(mail.from) || !is_mail_address(mail.to)) {
        return fail(ErrorCode::invalid_argument, "the sender or recipient is no mail address");
    }
    return std::make_unique<MailTransfer>(settings, std::move(mail));
}

}  // namespace onput::notifier
