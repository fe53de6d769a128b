"""Workbooks that no spreadsheet program writes."""

from io import BytesIO
from zipfile import ZIP_DEFLATED, ZipFile

NAMESPACE = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
BOOK = (
    f'<workbook xmlns="{NAMESPACE}" xmlns:r="{RELATIONS}"><sheets><sheet name="Hidden" state="hidden" r:id="r9"/>'
    '<sheet name="People" r:id="r1"/></sheets></workbook>'
)
TARGETS = (
    '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
    f'<Relationship Id="r1" Type="{RELATIONS}/worksheet" Target="worksheets/sheet1.xml"/>'
    f'<Relationship Id="r2" Type="{RELATIONS}/sharedStrings" Target="/xl/sharedStrings.xml"/>'
    f'<Relationship Id="r3" Type="{RELATIONS}/styles" Target="styles.xml"/></Relationships>'
)
NO_STRINGS = f'<sst xmlns="{NAMESPACE}"/>'
STYLES = f'<styleSheet xmlns="{NAMESPACE}"><cellXfs><xf numFmtId="0"/></cellXfs></styleSheet>'


def sheet(rows: str, *, before: str = "") -> str:
    return f'{before}<worksheet xmlns="{NAMESPACE}"><sheetData>{rows}</sheetData></worksheet>'


def book(rows: str = "", *, strings: str = NO_STRINGS, styles: str = STYLES, whole: str = "", **parts: str) -> BytesIO:
    """A workbook of these rows, or of a whole sheet; further parts by name."""
    file = BytesIO()
    with ZipFile(file, "w", ZIP_DEFLATED) as archive:
        for name, content in {
            "xl/workbook.xml": BOOK, "xl/_rels/workbook.xml.rels": TARGETS, "xl/sharedStrings.xml": strings, "xl/styles.xml": styles,
            "xl/worksheets/sheet1.xml": whole or sheet(rows), **parts,
        }.items():  # fmt: skip
            archive.writestr(name, content)
    return file


def named_otherwise(name: str) -> BytesIO:
    """A workbook whose main part has another name, which the relations of the package tell."""
    folder, _, own = name.rpartition("/")
    root = f'<Relationships><Relationship Id="r1" Type="{RELATIONS}/officeDocument" Target="/{name}"/></Relationships>'
    file = BytesIO()
    with ZipFile(file, "w", ZIP_DEFLATED) as archive:
        for part, content in {
            "[Content_Types].xml": "<Types/>", "_rels/.rels": root, name: BOOK, f"{folder}/_rels/{own}.rels": TARGETS.replace("/xl/", f"/{folder}/"),
            f"{folder}/sharedStrings.xml": NO_STRINGS, f"{folder}/styles.xml": STYLES,
            f"{folder}/worksheets/sheet1.xml": sheet(f"<row>{text_cell('name')}</row><row>{text_cell('Ann')}</row>"),
        }.items():  # fmt: skip
            archive.writestr(part, content)
    return file


def text_cell(text: str, place: str = "") -> str:
    return f'<c{f" r={chr(34)}{place}{chr(34)}" if place else ""} t="inlineStr"><is><t>{text}</t></is></c>'
