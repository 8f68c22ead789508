// Reads lines `CC<TAB>number` and measures what libphonenumber needs to parse each, to say whether it is valid and of what type, and
// to write it in E.164. Prints the nanoseconds of each run, then one line for each number.

#include <chrono>
#include <fstream>
#include <iostream>
#include <string>
#include <utility>
#include <vector>

#include <phonenumbers/phonenumberutil.h>

using i18n::phonenumbers::PhoneNumber;
using i18n::phonenumbers::PhoneNumberUtil;

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  std::vector<std::pair<std::string, std::string>> rows;
  std::ifstream file(argv[1]);
  for (std::string line; std::getline(file, line);) {
    const auto tab = line.find('\t');
    rows.emplace_back(line.substr(0, tab), line.substr(tab + 1));
  }
  const auto* util = PhoneNumberUtil::GetInstance();
  std::vector<std::string> written(rows.size());
  const int runs = std::stoi(argv[2]);
  for (int run = 0; run < runs; ++run) {
    const auto start = std::chrono::steady_clock::now();
    for (std::size_t at = 0; at < rows.size(); ++at) {
      PhoneNumber number;
      written[at].clear();
      if (util->Parse(rows[at].second, rows[at].first, &number) != PhoneNumberUtil::NO_PARSING_ERROR) continue;
      std::string e164;
      util->Format(number, PhoneNumberUtil::E164, &e164);
      written[at] = e164 + (util->IsValidNumber(number) ? " " : "-") + std::to_string(util->GetNumberType(number));
    }
    const auto end = std::chrono::steady_clock::now();
    std::cout << std::chrono::duration_cast<std::chrono::nanoseconds>(end - start).count() << "\n";
  }
  for (const auto& line : written) std::cout << line.substr(0, line.find_first_of(" -")) << "\n";
}
