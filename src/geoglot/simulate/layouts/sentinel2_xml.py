"""The metadata files of a Sentinel-2 product, written from facts."""
# ruff: noqa: E501  (lines of XML stand as in the product)

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from geoglot.regions import Grid

_HOST = "https://psd-14.sentinel2.eo.esa.int/PSD"
_ORBIT = 34443
_SUN_ZENITH_DEG, _SUN_AZIMUTH_DEG = 35.0, 155.0


@dataclass(frozen=True, slots=True)
class Granule:
    """One tile: level "L1C" or "L2A", grid of the 10 m bands, time of sensing, baseline as "0510"."""

    level: str
    grid: Grid
    time: datetime
    baseline: str
    tile: str

    @property
    def name(self) -> str:
        """The granule's folder."""
        return f"{self.level}_T{self.tile}_A{_ORBIT:06d}_{self.time:%Y%m%dT%H%M%S}"

    @property
    def stem(self) -> str:
        """What every image's name begins with."""
        return f"T{self.tile}_{self.time:%Y%m%dT%H%M%S}"

    @property
    def stamp(self) -> str:
        """The time of sensing as the metadata write it, to the millisecond."""
        return f"{self.time:%Y-%m-%dT%H:%M:%S}.{self.time.microsecond // 1000:03d}Z"

    @property
    def offset(self) -> int:
        """What is added to the counts of this baseline."""
        return -1000 if self.baseline >= "0400" else 0


def product_xml(
    granule: Granule, product: str, images: Iterable[str], bands: Collection[str], all_bands: Sequence[str]
) -> str:
    """Give MTD_MSIL1C.xml or MTD_MSIL2A.xml. images: JPEG 2000 files relative to the product's folder."""
    level = f"Level-{granule.level[1:]}"
    stamp = granule.stamp
    files = "\n".join(
        f"          <IMAGE_FILE>{name.removesuffix('.jp2')}</IMAGE_FILE>" for name in images if "IMG_DATA" in name
    )
    query = "\n".join(
        f"        <BAND_NAME>{name.replace('B0', 'B')}</BAND_NAME>" for name in all_bands if name in bands
    )
    return f"""<?xml version="1.0" encoding="UTF-8" standalone="no"?>
<n1:{level}_User_Product xmlns:n1="{_HOST}/User_Product_{level}.xsd" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:schemaLocation="{_HOST}/User_Product_{level}.xsd">
  <n1:General_Info>
    <Product_Info>
      <PRODUCT_START_TIME>{stamp}</PRODUCT_START_TIME>
      <PRODUCT_STOP_TIME>{stamp}</PRODUCT_STOP_TIME>
      <PRODUCT_URI>{product}</PRODUCT_URI>
      <PROCESSING_LEVEL>{level}{"p" if granule.level == "L2A" and granule.baseline < "0207" else ""}</PROCESSING_LEVEL>
      <PRODUCT_TYPE>S2MSI{granule.level[1:]}</PRODUCT_TYPE>
      <PROCESSING_BASELINE>{granule.baseline[:2]}.{granule.baseline[2:]}</PROCESSING_BASELINE>
      <GENERATION_TIME>{stamp}</GENERATION_TIME>
      <PREVIEW_IMAGE_URL>Not applicable</PREVIEW_IMAGE_URL>
      <Datatake datatakeIdentifier="GS2A_{granule.time:%Y%m%dT%H%M%S}_{_ORBIT:06d}_N{granule.baseline[:2]}.{granule.baseline[2:]}">
        <SPACECRAFT_NAME>Sentinel-2A</SPACECRAFT_NAME>
        <DATATAKE_TYPE>INS-NOBS</DATATAKE_TYPE>
        <DATATAKE_SENSING_START>{stamp}</DATATAKE_SENSING_START>
        <SENSING_ORBIT_NUMBER>51</SENSING_ORBIT_NUMBER>
        <SENSING_ORBIT_DIRECTION>DESCENDING</SENSING_ORBIT_DIRECTION>
      </Datatake>
      <Query_Options completeSingleTile="true">
        <PRODUCT_FORMAT>SAFE_COMPACT</PRODUCT_FORMAT>
        <Band_List>
{query}
        </Band_List>
      </Query_Options>
      <Product_Organisation>
        <Granule_List>
          <Granule datastripIdentifier="S2A_OPER_MSI_{granule.level}_DS_SIM_{granule.time:%Y%m%dT%H%M%S}_N{granule.baseline[:2]}.{granule.baseline[2:]}" granuleIdentifier="S2A_OPER_MSI_{granule.level}_TL_SIM_{granule.time:%Y%m%dT%H%M%S}_A{_ORBIT:06d}_T{granule.tile}_N{granule.baseline[:2]}.{granule.baseline[2:]}" imageFormat="JPEG2000">
{files}
          </Granule>
        </Granule_List>
      </Product_Organisation>
    </Product_Info>
    <Product_Image_Characteristics>
      <Special_Values><SPECIAL_VALUE_TEXT>NODATA</SPECIAL_VALUE_TEXT><SPECIAL_VALUE_INDEX>0</SPECIAL_VALUE_INDEX></Special_Values>
      <Special_Values><SPECIAL_VALUE_TEXT>SATURATED</SPECIAL_VALUE_TEXT><SPECIAL_VALUE_INDEX>65535</SPECIAL_VALUE_INDEX></Special_Values>
      <Image_Display_Order><RED_CHANNEL>3</RED_CHANNEL><GREEN_CHANNEL>2</GREEN_CHANNEL><BLUE_CHANNEL>1</BLUE_CHANNEL></Image_Display_Order>
{_scaling(granule, len(all_bands))}
    </Product_Image_Characteristics>
  </n1:General_Info>
  <n1:Geometric_Info>
    <Product_Footprint>
      <Product_Footprint><Global_Footprint><EXT_POS_LIST>{_footprint(granule.grid)}</EXT_POS_LIST></Global_Footprint></Product_Footprint>
    </Product_Footprint>
  </n1:Geometric_Info>
  <n1:Quality_Indicators_Info><Cloud_Coverage_Assessment>0.0</Cloud_Coverage_Assessment></n1:Quality_Indicators_Info>
</n1:{level}_User_Product>
"""


def granule_xml(granule: Granule) -> str:
    """Give MTD_TL.xml: the place of the tile at each resolution, and the sun."""
    level, grid = f"Level-{granule.level[1:]}", granule.grid
    assert grid.affine is not None
    sizes = "\n".join(
        f'      <Size resolution="{gsd_m}"><NROWS>{grid.height * 10 // gsd_m}</NROWS><NCOLS>{grid.width * 10 // gsd_m}</NCOLS></Size>'
        for gsd_m in (10, 20, 60)
    )
    places = "\n".join(
        f'      <Geoposition resolution="{gsd_m}"><ULX>{grid.affine[2]:.0f}</ULX><ULY>{grid.affine[5]:.0f}</ULY><XDIM>{gsd_m}</XDIM><YDIM>-{gsd_m}</YDIM></Geoposition>'
        for gsd_m in (10, 20, 60)
    )
    return f"""<?xml version="1.0" encoding="UTF-8" standalone="no"?>
<n1:{level}_Tile_ID xmlns:n1="{_HOST}/S2_PDI_{level}_Tile_Metadata.xsd">
  <n1:General_Info>
    <TILE_ID metadataLevel="Brief">S2A_OPER_MSI_{granule.level}_TL_SIM_{granule.time:%Y%m%dT%H%M%S}_A{_ORBIT:06d}_T{granule.tile}_N{granule.baseline[:2]}.{granule.baseline[2:]}</TILE_ID>
    <SENSING_TIME metadataLevel="Standard">{granule.stamp}</SENSING_TIME>
  </n1:General_Info>
  <n1:Geometric_Info>
    <Tile_Geocoding metadataLevel="Brief">
      <HORIZONTAL_CS_NAME>WGS84 / UTM zone {granule.tile[:2]}{"N" if granule.tile[2] >= "N" else "S"}</HORIZONTAL_CS_NAME>
      <HORIZONTAL_CS_CODE>{grid.crs}</HORIZONTAL_CS_CODE>
{sizes}
{places}
    </Tile_Geocoding>
    <Tile_Angles metadataLevel="Standard">
      <Mean_Sun_Angle><ZENITH_ANGLE unit="deg">{_SUN_ZENITH_DEG}</ZENITH_ANGLE><AZIMUTH_ANGLE unit="deg">{_SUN_AZIMUTH_DEG}</AZIMUTH_ANGLE></Mean_Sun_Angle>
    </Tile_Angles>
  </n1:Geometric_Info>
  <n1:Quality_Indicators_Info metadataLevel="Standard">
    <Image_Content_QI><CLOUDY_PIXEL_PERCENTAGE>0.0</CLOUDY_PIXEL_PERCENTAGE></Image_Content_QI>
  </n1:Quality_Indicators_Info>
</n1:{level}_Tile_ID>
"""


def manifest_xml(granule: Granule, images: Iterable[str]) -> str:
    """Give manifest.safe: platform, time, and a list of the images."""
    objects = "\n".join(
        f'    <dataObject ID="IMG_{place}"><byteStream mimeType="application/octet-stream"><fileLocation locatorType="URL" href="./{name}"/></byteStream></dataObject>'
        for place, name in enumerate(images)
    )
    kind = granule.level.casefold()
    return f"""<?xml version="1.0" encoding="UTF-8" standalone="no"?>
<xfdu:XFDU xmlns:gml="http://www.opengis.net/gml" xmlns:safe="http://www.esa.int/safe/sentinel/1.1" xmlns:xfdu="urn:ccsds:schema:xfdu:1" version="esa/safe/sentinel/1.1/sentinel-2/msi/archive_{kind}_user_product">
  <metadataSection>
    <metadataObject ID="acquisitionPeriod" category="DMD" classification="DESCRIPTION"><metadataWrap><xmlData>
      <safe:acquisitionPeriod><safe:startTime>{granule.stamp}</safe:startTime></safe:acquisitionPeriod>
    </xmlData></metadataWrap></metadataObject>
    <metadataObject ID="platform" category="DMD" classification="DESCRIPTION"><metadataWrap><xmlData>
      <safe:platform><safe:familyName>SENTINEL</safe:familyName><safe:number>2A</safe:number></safe:platform>
    </xmlData></metadataWrap></metadataObject>
  </metadataSection>
  <dataObjectSection>
{objects}
  </dataObjectSection>
</xfdu:XFDU>
"""


def _scaling(granule: Granule, count: int) -> str:
    """Quantification, and from baseline 04.00 on the offset of every band by its number."""
    if granule.level == "L1C":
        value = '      <QUANTIFICATION_VALUE unit="none">10000</QUANTIFICATION_VALUE>'
        group, key = "Radiometric_Offset_List", "RADIO_ADD_OFFSET"
    else:
        value = """      <QUANTIFICATION_VALUES_LIST>
        <BOA_QUANTIFICATION_VALUE unit="none">10000</BOA_QUANTIFICATION_VALUE>
        <AOT_QUANTIFICATION_VALUE unit="none">1000.0</AOT_QUANTIFICATION_VALUE>
        <WVP_QUANTIFICATION_VALUE unit="cm">1000.0</WVP_QUANTIFICATION_VALUE>
      </QUANTIFICATION_VALUES_LIST>"""
        group, key = "BOA_ADD_OFFSET_VALUES_LIST", "BOA_ADD_OFFSET"
    if granule.offset == 0:
        return value
    rows = "\n".join(f'        <{key} band_id="{place}">{granule.offset}</{key}>' for place in range(count))
    return f"{value}\n      <{group}>\n{rows}\n      </{group}>"


def _footprint(grid: Grid) -> str:
    """The outline as "lat lon lat lon …", closed."""
    corners = grid.to_lonlat([(0, 0), (0, grid.height), (grid.width, grid.height), (grid.width, 0), (0, 0)])
    return " ".join(f"{lat:.9f} {lon:.9f}" for lon, lat in corners)
