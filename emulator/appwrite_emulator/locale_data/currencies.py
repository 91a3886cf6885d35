"""Currencies, in the order and with the names of the real server's list, which is from before 2012."""

from typing import NamedTuple


class Currency(NamedTuple):
    code: str
    decimal_digits: int
    symbol: str
    symbol_native: str
    name: str
    plural: str


ROUNDING = {"CHF": 0.05}
"""Currency -> value of its smallest coin, if that is more than one unit of the last decimal place."""

CURRENCIES = [
    Currency(code, int(digits), symbol, native or symbol, name, plural)
    for code, digits, symbol, native, name, plural in (
        line.split("|")
        for line in """
USD|2|$||US Dollar|US dollars
EUR|2|€||Euro|euros
GBP|2|£||British Pound Sterling|British pounds sterling
CAD|2|CA$|$|Canadian Dollar|Canadian dollars
AED|2|AED|د.إ.|United Arab Emirates Dirham|UAE dirhams
AFN|0|Af|؋|Afghan Afghani|Afghan Afghanis
ALL|0|ALL|Lek|Albanian Lek|Albanian lekë
AMD|0|AMD|դր.|Armenian Dram|Armenian drams
ARS|2|AR$|$|Argentine Peso|Argentine pesos
AUD|2|AU$|$|Australian Dollar|Australian dollars
AZN|2|man.|ман.|Azerbaijani Manat|Azerbaijani manats
BAM|2|KM||Bosnia-Herzegovina Convertible Mark|Bosnia-Herzegovina convertible marks
BDT|2|Tk|৳|Bangladeshi Taka|Bangladeshi takas
BGN|2|BGN|лв.|Bulgarian Lev|Bulgarian leva
BHD|3|BD|د.ب.|Bahraini Dinar|Bahraini dinars
BIF|0|FBu||Burundian Franc|Burundian francs
BND|2|BN$|$|Brunei Dollar|Brunei dollars
BOB|2|Bs||Bolivian Boliviano|Bolivian bolivianos
BRL|2|R$||Brazilian Real|Brazilian reals
BWP|2|BWP|P|Botswanan Pula|Botswanan pulas
BYR|0|BYR||Belarusian Ruble|Belarusian rubles
BZD|2|BZ$|$|Belize Dollar|Belize dollars
CDF|2|CDF|FrCD|Congolese Franc|Congolese francs
CHF|2|CHF||Swiss Franc|Swiss francs
CLP|0|CL$|$|Chilean Peso|Chilean pesos
CNY|2|CN¥||Chinese Yuan|Chinese yuan
COP|0|CO$|$|Colombian Peso|Colombian pesos
CRC|0|₡||Costa Rican Colón|Costa Rican colóns
CVE|2|CV$||Cape Verdean Escudo|Cape Verdean escudos
CZK|2|Kč||Czech Republic Koruna|Czech Republic korunas
DJF|0|Fdj||Djiboutian Franc|Djiboutian francs
DKK|2|Dkr|kr|Danish Krone|Danish kroner
DOP|2|RD$||Dominican Peso|Dominican pesos
DZD|2|DA|د.ج.|Algerian Dinar|Algerian dinars
EEK|2|Ekr|kr|Estonian Kroon|Estonian kroons
EGP|2|EGP|ج.م.|Egyptian Pound|Egyptian pounds
ERN|2|Nfk||Eritrean Nakfa|Eritrean nakfas
ETB|2|Br||Ethiopian Birr|Ethiopian birrs
GEL|2|GEL||Georgian Lari|Georgian laris
GHS|2|GH₵||Ghanaian Cedi|Ghanaian cedis
GNF|0|FG||Guinean Franc|Guinean francs
GTQ|2|GTQ|Q|Guatemalan Quetzal|Guatemalan quetzals
HKD|2|HK$|$|Hong Kong Dollar|Hong Kong dollars
HNL|2|HNL|L|Honduran Lempira|Honduran lempiras
HRK|2|kn||Croatian Kuna|Croatian kunas
HUF|0|Ft||Hungarian Forint|Hungarian forints
IDR|0|Rp||Indonesian Rupiah|Indonesian rupiahs
ILS|2|₪||Israeli New Sheqel|Israeli new sheqels
INR|2|Rs|₹|Indian Rupee|Indian Rupees
IQD|0|IQD|د.ع.|Iraqi Dinar|Iraqi dinars
IRR|0|IRR|﷼|Iranian Rial|Iranian rials
ISK|0|Ikr|kr|Icelandic Króna|Icelandic krónur
JMD|2|J$|$|Jamaican Dollar|Jamaican dollars
JOD|3|JD|د.أ.|Jordanian Dinar|Jordanian dinars
JPY|0|¥|￥|Japanese Yen|Japanese yen
KES|2|Ksh||Kenyan Shilling|Kenyan shillings
KHR|2|KHR|៛|Cambodian Riel|Cambodian riels
KMF|0|CF|FC|Comorian Franc|Comorian francs
KRW|0|₩||South Korean Won|South Korean won
KWD|3|KD|د.ك.|Kuwaiti Dinar|Kuwaiti dinars
KZT|2|KZT|тңг.|Kazakhstani Tenge|Kazakhstani tenges
LKR|2|SLRs|SL Re|Sri Lankan Rupee|Sri Lankan rupees
LTL|2|Lt||Lithuanian Litas|Lithuanian litai
LVL|2|Ls||Latvian Lats|Latvian lati
LYD|3|LD|د.ل.|Libyan Dinar|Libyan dinars
MAD|2|MAD|د.م.|Moroccan Dirham|Moroccan dirhams
MDL|2|MDL||Moldovan Leu|Moldovan lei
MGA|0|MGA||Malagasy Ariary|Malagasy Ariaries
MKD|2|MKD||Macedonian Denar|Macedonian denari
MMK|0|MMK|K|Myanma Kyat|Myanma kyats
MOP|2|MOP$||Macanese Pataca|Macanese patacas
MUR|0|MURs||Mauritian Rupee|Mauritian rupees
MXN|2|MX$|$|Mexican Peso|Mexican pesos
MYR|2|RM||Malaysian Ringgit|Malaysian ringgits
MZN|2|MTn||Mozambican Metical|Mozambican meticals
NAD|2|N$||Namibian Dollar|Namibian dollars
NGN|2|₦||Nigerian Naira|Nigerian nairas
NIO|2|C$||Nicaraguan Córdoba|Nicaraguan córdobas
NOK|2|Nkr|kr|Norwegian Krone|Norwegian kroner
NPR|2|NPRs|नेरू|Nepalese Rupee|Nepalese rupees
NZD|2|NZ$|$|New Zealand Dollar|New Zealand dollars
OMR|3|OMR|ر.ع.|Omani Rial|Omani rials
PAB|2|B/.||Panamanian Balboa|Panamanian balboas
PEN|2|S/.||Peruvian Nuevo Sol|Peruvian nuevos soles
PHP|2|₱||Philippine Peso|Philippine pesos
PKR|0|PKRs|₨|Pakistani Rupee|Pakistani rupees
PLN|2|zł||Polish Zloty|Polish zlotys
PYG|0|₲||Paraguayan Guarani|Paraguayan guaranis
QAR|2|QR|ر.ق.|Qatari Rial|Qatari rials
RON|2|RON||Romanian Leu|Romanian lei
RSD|0|din.|дин.|Serbian Dinar|Serbian dinars
RUB|2|RUB|руб.|Russian Ruble|Russian rubles
RWF|0|RWF|FR|Rwandan Franc|Rwandan francs
SAR|2|SR|ر.س.|Saudi Riyal|Saudi riyals
SDG|2|SDG||Sudanese Pound|Sudanese pounds
SEK|2|Skr|kr|Swedish Krona|Swedish kronor
SGD|2|S$|$|Singapore Dollar|Singapore dollars
SOS|0|Ssh||Somali Shilling|Somali shillings
SYP|0|SY£|ل.س.|Syrian Pound|Syrian pounds
THB|2|฿||Thai Baht|Thai baht
TND|3|DT|د.ت.|Tunisian Dinar|Tunisian dinars
TOP|2|T$||Tongan Paʻanga|Tongan paʻanga
TRY|2|TL||Turkish Lira|Turkish Lira
TTD|2|TT$|$|Trinidad and Tobago Dollar|Trinidad and Tobago dollars
TWD|2|NT$||New Taiwan Dollar|New Taiwan dollars
TZS|0|TSh||Tanzanian Shilling|Tanzanian shillings
UAH|2|₴||Ukrainian Hryvnia|Ukrainian hryvnias
UGX|0|USh||Ugandan Shilling|Ugandan shillings
UYU|2|$U|$|Uruguayan Peso|Uruguayan pesos
UZS|0|UZS||Uzbekistan Som|Uzbekistan som
VEF|2|Bs.F.||Venezuelan Bolívar|Venezuelan bolívars
VND|0|₫||Vietnamese Dong|Vietnamese dong
XAF|0|FCFA||CFA Franc BEAC|CFA francs BEAC
XOF|0|CFA||CFA Franc BCEAO|CFA francs BCEAO
YER|0|YR|ر.ي.|Yemeni Rial|Yemeni rials
ZAR|2|R||South African Rand|South African rand
ZMK|0|ZK||Zambian Kwacha|Zambian kwachas
""".strip().splitlines()
    )
]
