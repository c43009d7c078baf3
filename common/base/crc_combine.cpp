#include "common/base/crc_combine.hpp"

#include "common/base/check.hpp"

// A CRC is the remainder of the bytes as a polynomial over GF(2). A piece behind the first one
// shifts that by 8 bits a byte: its CRC times x^(8n), modulo the CRC's polynomial. All CRCs here
// are reflected: the highest bit of a word is the coefficient of x^0.
namespace onput {
namespace {

template <typename Word>
constexpr Word highest_bit = Word{1} << (sizeof(Word) * 8 - 1);

// a * b modulo the polynomial.
template <typename Word>
Word multiply(Word a, Word b, Word polynomial) {
    Word product = 0;
    for (Word bit = highest_bit<Word>; bit != 0; bit >>= 1) {
        if ((a & bit) != 0) product ^= b;
        b = (b & 1) != 0 ? static_cast<Word>((b >> 1) ^ polynomial) : static_cast<Word>(b >> 1);
    }
    return product;
}

// x^(8 * bytes) modulo the polynomial.
template <typename Word>
Word shift_by(std::uint64_t bytes, Word polynomial) {
    Word result = highest_bit<Word>;       // x^0
    Word power = highest_bit<Word> >> 8U;  // x^8
    for (; bytes != 0; bytes >>= 1U) {
        if ((bytes & 1U) != 0) result = multiply(result, power, polynomial);
        power = multiply(power, power, polynomial);
    }
    return result;
}

template <typename Word>
Word read(std::string_view bytes) {
    ONPUT_CHECK(bytes.size() == sizeof(Word));
    Word word = 0;
    for (const char byte : bytes) {
        word = static_cast<Word>(word << 8U | static_cast<unsigned char>(byte));
    }
    return word;
}

}  // namespace

template <typename Word>
void CrcCombiner::append_as(std::string_view crc, std::uint64_t bytes, Word polynomial) {
    if (crc_.empty()) {
        ONPUT_CHECK(crc.size() == sizeof(Word));
        crc_ = crc;
        return;
    }
    if (bytes != bytes_ || shift_ == 0) {
        shift_ = shift_by<Word>(bytes, polynomial);
        bytes_ = bytes;
    }
    const auto shift = static_cast<Word>(shift_);
    Word word = multiply<Word>(read<Word>(crc_), shift, polynomial) ^ read<Word>(crc);
    for (std::size_t i = crc_.size(); i > 0; --i, word = static_cast<Word>(word >> 8U)) {
        crc_[i - 1] = static_cast<char>(static_cast<unsigned char>(word));
    }
}

void CrcCombiner::append(std::string_view crc, std::uint64_t bytes) {
    constexpr std::uint32_t crc32_polynomial = 0xEDB88320;
    constexpr std::uint32_t crc32c_polynomial = 0x82F63B78;
    constexpr std::uint64_t crc64nvme_polynomial = 0x9A6C9329AC4BC9B5;
    switch (algorithm_) {
        case DigestAlgorithm::crc32: return append_as(crc, bytes, crc32_polynomial);
        case DigestAlgorithm::crc32c: return append_as(crc, bytes, crc32c_polynomial);
        case DigestAlgorithm::crc64nvme: return append_as(crc, bytes, crc64nvme_polynomial);
        default: check_failed("only CRCs can be combined", __FILE__, __LINE__);
    }
}

}  // namespace onput
